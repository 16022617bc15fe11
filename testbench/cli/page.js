// Runs at the end of a page: what is wrong in it, and where its shapes are, as JSON in place of its body.
"use strict";
const wrong = [];
const box = (of) => of.getBoundingClientRect();
const name = (of) => `${of.outerHTML.slice(0, 200)} of ${of.parentNode.textContent.slice(0, 200)}`;
const luminance = (colour) => {
  const parts = colour.match(/[\d.]+/g).slice(0, 3).map((part) => part / 255);
  const linear = parts.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
};
const paper = luminance(getComputedStyle(document.body).backgroundColor);
const contrast = (of, property) => {
  const ink = luminance(getComputedStyle(of)[property]);
  return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
};

for (const details of document.querySelectorAll("details")) details.open = true;
if (document.documentElement.scrollWidth > innerWidth) wrong.push("the page is wider than the window");
for (const of of document.querySelectorAll("h1, h2, p, td, th, summary")) {
  if (contrast(of, "color") < 4.5) wrong.push(`${name(of)} is hard to read`);
}
for (const svg of document.querySelectorAll("svg")) {
  const view = box(svg);
  for (const of of svg.querySelectorAll("rect, circle, line, polyline, text")) {
    const { left, right, top, bottom } = box(of);
    const inside = left >= view.left - 0.5 && right <= view.right + 0.5;
    if (!inside || top < view.top - 0.5 || bottom > view.bottom + 0.5) wrong.push(`${name(of)} is outside`);
  }
  const texts = [...svg.querySelectorAll("text")];
  texts.forEach((one, at) => {
    if (contrast(one, "fill") < 4.5) wrong.push(`${name(one)} is hard to read`);
    for (const other of texts.slice(at + 1)) {
      const [a, b] = [box(one), box(other)];
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 0.5 && down > 0.5) wrong.push(`${name(one)} is over ${name(other)}`);
    }
  });
}

const all = (selector, of) => [...document.querySelectorAll(selector)].map(of);
const title = (of) => of.parentNode.querySelector("title").textContent;
const found = {
  wrong,
  dark: paper < 0.5,
  bars: all(".bar", (of) => [title(of), box(of).width]),
  points: all(".point", (of) => [title(of), [of.cx.baseVal.value, of.cy.baseVal.value]]),
  lines: all(".line", (of) => [...of.points].map(({ x, y }) => [x, y])),
  // Where ticks are, and what they say.
  across: all(".plot text[text-anchor=middle]", (of) => [of.textContent, of.x.baseVal[0].value]),
  up: all(".plot text[x='72.00']", (of) => [of.textContent, of.y.baseVal[0].value]),
};
const text = document.createElement("pre");
text.textContent = JSON.stringify(found);
document.body.replaceChildren(text);

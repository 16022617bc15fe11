//! Expressions as text: parentheses where a reader wants them, line breaks where they help.

use super::super::ast::{BinaryOp, Expr, UnaryOp};
use num_bigint::BigUint;
use num_traits::One;
use std::fmt::Write;

/// Lines are broken where they would pass this column.
pub const COLUMNS: usize = 96;

/// Values below this are printed in decimal.
const DECIMAL_BELOW: u32 = 4096;

impl BinaryOp {
    fn symbol(self) -> &'static str {
        match self {
            BinaryOp::Multiply => "*",
            BinaryOp::Add => "+",
            BinaryOp::Subtract => "-",
            BinaryOp::ShiftLeft => "<<",
            BinaryOp::ShiftRight => ">>",
            BinaryOp::ArithmeticShiftRight => ">>>",
            BinaryOp::Less => "<",
            BinaryOp::LessOrEqual => "<=",
            BinaryOp::Greater => ">",
            BinaryOp::GreaterOrEqual => ">=",
            BinaryOp::Equal => "==",
            BinaryOp::NotEqual => "!=",
            BinaryOp::CaseNotEqual => "!==",
            BinaryOp::And => "&",
            BinaryOp::Xor => "^",
            BinaryOp::Or => "|",
            BinaryOp::LogicalAnd => "&&",
            BinaryOp::LogicalOr => "||",
        }
    }
}

impl UnaryOp {
    fn symbol(self) -> &'static str {
        match self {
            UnaryOp::Not => "!",
            UnaryOp::Complement => "~",
            UnaryOp::Negate => "-",
            UnaryOp::ReduceAnd => "&",
            UnaryOp::ReduceOr => "|",
            UnaryOp::ReduceXor => "^",
        }
    }
}

/// The expression on one line.
pub fn flat(expr: &Expr) -> String {
    let mut text = String::new();
    write_flat(&mut text, expr);
    text
}

/// The expression after `indent` columns, of which the first line has used `used` already;
/// continuation lines start at `indent`.
pub fn wrapped(expr: &Expr, used: usize, indent: usize) -> String {
    let line = flat(expr);
    if used + line.len() < COLUMNS {
        return line;
    }
    match expr {
        Expr::Ternary(..) => ternary_chain(expr, indent),
        Expr::Concat(parts) => filled(parts, indent),
        Expr::Binary(op, ..) if chains(*op) => operator_chain(*op, expr, indent),
        _ => line,
    }
}

/// A sized literal: decimal while small, else hexadecimal.
pub fn literal(width: u32, signed: bool, bits: &BigUint) -> String {
    let sign = if signed { "s" } else { "" };
    if width == 1 && !signed {
        return format!("1'b{bits}");
    }
    if signed && bits.bit(u64::from(width) - 1) {
        let magnitude = (BigUint::one() << width) - bits;
        if magnitude < DECIMAL_BELOW.into() && !magnitude.bit(u64::from(width) - 1) {
            return format!("-{width}'sd{magnitude}");
        }
    } else if *bits < DECIMAL_BELOW.into() {
        return format!("{width}'{sign}d{bits}");
    }
    let digits = width.div_ceil(4) as usize;
    format!("{width}'{sign}h{:0>digits$}", bits.to_str_radix(16))
}

fn write_flat(out: &mut String, expr: &Expr) {
    match expr {
        Expr::Net(net) => out.push_str(&net.name),
        Expr::Select { net, msb, lsb } if msb == lsb => drop(write!(out, "{}[{msb}]", net.name)),
        Expr::Select { net, msb, lsb } => drop(write!(out, "{}[{msb}:{lsb}]", net.name)),
        Expr::Constant {
            width,
            signed,
            bits,
        } => out.push_str(&literal(*width, *signed, bits)),
        Expr::Parameter { name, .. } => out.push_str(name),
        Expr::Unary(op, operand) => {
            out.push_str(op.symbol());
            let bare = operand.is_simple() && !is_negative_literal(operand);
            parenthesized(out, operand, !bare && !is_bracketed(operand));
        }
        Expr::Binary(op, left, right) => {
            parenthesized(out, left, needs_parentheses(*op, left, true));
            let _ = write!(out, " {} ", op.symbol());
            parenthesized(out, right, needs_parentheses(*op, right, false));
        }
        Expr::Widened { value, .. } => write_flat(out, value),
        Expr::Ternary(condition, then, otherwise) => {
            parenthesized(out, condition, matches!(**condition, Expr::Ternary(..)));
            out.push_str(" ? ");
            parenthesized(out, then, matches!(**then, Expr::Ternary(..)));
            out.push_str(" : ");
            write_flat(out, otherwise);
        }
        Expr::Concat(parts) => {
            out.push('{');
            for (index, part) in parts.iter().enumerate() {
                if index > 0 {
                    out.push_str(", ");
                }
                write_flat(out, part);
            }
            out.push('}');
        }
        Expr::Repeat(count, part) => {
            let _ = write!(out, "{{{count}{{");
            write_flat(out, part);
            out.push_str("}}");
        }
        Expr::Signed(inner) => {
            out.push_str("$signed(");
            write_flat(out, inner);
            out.push(')');
        }
        Expr::Unsigned(inner) => {
            out.push_str("$unsigned(");
            write_flat(out, inner);
            out.push(')');
        }
        Expr::Word { memory, index, .. } => {
            let _ = write!(out, "{memory}[");
            write_flat(out, index);
            out.push(']');
        }
    }
}

fn parenthesized(out: &mut String, expr: &Expr, wanted: bool) {
    if wanted {
        out.push('(');
    }
    write_flat(out, expr);
    if wanted {
        out.push(')');
    }
}

fn is_bracketed(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Concat(_)
            | Expr::Repeat(..)
            | Expr::Signed(_)
            | Expr::Unsigned(_)
            | Expr::Word { .. }
    )
}

fn is_negative_literal(expr: &Expr) -> bool {
    matches!(expr, Expr::Constant { .. }) && flat(expr).starts_with('-')
}

/// Operators whose chains read the same from either end, and are broken over lines.
fn chains(op: BinaryOp) -> bool {
    use BinaryOp::*;
    matches!(op, Add | And | Or | Xor | LogicalAnd | LogicalOr)
}

fn needs_parentheses(outer: BinaryOp, operand: &Expr, left: bool) -> bool {
    use BinaryOp::*;
    match operand {
        Expr::Ternary(..) => true,
        Expr::Unary(op, _) => {
            matches!(
                op,
                UnaryOp::ReduceAnd | UnaryOp::ReduceOr | UnaryOp::ReduceXor
            )
        }
        Expr::Binary(inner, ..) => match (outer, *inner) {
            (Add, Add | Subtract) | (Subtract, Add | Subtract) => !left,
            (outer, inner) if outer == inner && chains(outer) => !left,
            (LogicalAnd | LogicalOr, inner) if inner.is_comparison() => false,
            (outer, Add | Subtract) if outer.is_comparison() => false,
            _ => true,
        },
        _ => false,
    }
}

fn ternary_chain(expr: &Expr, indent: usize) -> String {
    let pad = " ".repeat(indent);
    let mut text = String::new();
    let mut rest = expr;
    while let Expr::Ternary(condition, then, otherwise) = rest {
        text.push('\n');
        text.push_str(&pad);
        parenthesized(
            &mut text,
            condition,
            matches!(**condition, Expr::Ternary(..)),
        );
        text.push_str(" ? ");
        parenthesized(&mut text, then, matches!(**then, Expr::Ternary(..)));
        text.push_str(" :");
        rest = otherwise;
    }
    text.push('\n');
    text.push_str(&pad);
    write_flat(&mut text, rest);
    text
}

fn filled(parts: &[Expr], indent: usize) -> String {
    let inner = " ".repeat(indent);
    let mut text = String::from("{");
    let mut column = COLUMNS;
    for (index, part) in parts.iter().enumerate() {
        let piece = flat(part) + if index + 1 < parts.len() { "," } else { "" };
        if column + 1 + piece.len() > COLUMNS {
            text.push('\n');
            text.push_str(&inner);
            column = indent;
        } else {
            text.push(' ');
            column += 1;
        }
        column += piece.len();
        text.push_str(&piece);
    }
    text.push('\n');
    text.push_str(&" ".repeat(indent.saturating_sub(4)));
    text.push('}');
    text
}

fn operator_chain(op: BinaryOp, expr: &Expr, indent: usize) -> String {
    let mut operands = Vec::new();
    let mut rest = expr;
    while let Expr::Binary(inner, left, right) = rest
        && *inner == op
    {
        operands.push(&**right);
        rest = left;
    }
    operands.push(rest);
    let pad = " ".repeat(indent);
    let mut text = String::new();
    for (index, operand) in operands.into_iter().rev().enumerate() {
        text.push('\n');
        text.push_str(&pad);
        if index > 0 {
            let _ = write!(text, "{} ", op.symbol());
        }
        parenthesized(
            &mut text,
            operand,
            needs_parentheses(op, operand, index == 0),
        );
    }
    text
}

/// `start` and the words, separated by commas, on as few lines as they take.
pub fn listed(start: &str, words: &[impl AsRef<str>], last: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = start.to_owned();
    for (index, word) in words.iter().enumerate() {
        let word = word.as_ref();
        let end = if index + 1 < words.len() { "," } else { last };
        let gap = if line.len() == start.len() { "" } else { " " };
        if !gap.is_empty() && line.len() + 1 + word.len() + end.len() > COLUMNS {
            lines.push(std::mem::replace(&mut line, " ".repeat(start.len())));
            let _ = write!(line, "{word}{end}");
        } else {
            let _ = write!(line, "{gap}{word}{end}");
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::super::super::ast::Net;
    use super::*;

    fn net(name: &str, width: u32, signed: bool) -> Expr {
        Expr::Net(Net {
            name: name.into(),
            width,
            signed,
        })
    }

    #[test]
    fn literals() {
        let check = |width, signed, bits: u64, expect: &str| {
            assert_eq!(literal(width, signed, &bits.into()), expect);
        };
        check(1, false, 1, "1'b1");
        check(8, false, 200, "8'd200");
        check(8, true, 5, "8'sd5");
        check(8, true, 0xfd, "-8'sd3");
        check(8, true, 0x80, "8'sh80");
        check(1, true, 1, "1'sh1");
        check(32, false, 0xbeef, "32'h0000beef");
        check(6, true, 0x3f, "-6'sd1");
    }

    #[test]
    fn parentheses() {
        use BinaryOp::*;
        let (a, b) = (net("a", 4, false), net("b", 4, false));
        let check = |expr: Expr, expect: &str| assert_eq!(flat(&expr), expect);
        let sum = Expr::binary(Add, a.clone(), b.clone());
        check(
            Expr::binary(Subtract, a.clone(), sum.clone()),
            "a - (a + b)",
        );
        check(Expr::binary(Subtract, sum.clone(), a.clone()), "a + b - a");
        check(Expr::binary(And, sum.clone(), a.clone()), "(a + b) & a");
        let less = Expr::binary(Less, sum.clone(), a.clone());
        check(
            Expr::binary(LogicalAnd, less.clone(), less.clone()),
            "a + b < a && a + b < a",
        );
        let any = Expr::unary(UnaryOp::ReduceOr, sum);
        check(
            Expr::binary(LogicalAnd, any.clone(), less),
            "(|(a + b)) && a + b < a",
        );
        check(Expr::unary(UnaryOp::Not, any), "!(|(a + b))");
        let minus_one = Expr::Constant {
            width: 4,
            signed: true,
            bits: 15u32.into(),
        };
        check(Expr::unary(UnaryOp::Negate, minus_one), "-(-4'sd1)");
    }
}

# `ferrogrid explore` in steps, on this machine or on many, and what they found put together:
#
#   snakemake -s scripts/explore.smk --cores all --config models="resnet8_int8.tflite" space=space.toml
#
# and on a cluster, with the package snakemake-executor-plugin-slurm, the same with
# --executor slurm --jobs 100 in the place of --cores all.
#
# --config:
#   models     files of networks, or sizes as MxKxN, apart by spaces
#   space      a configuration file whose values may be lists
#   output     the folder for what is found [explore]
#   step       configurations of a step [1]
#   confirm    so many of the best are simulated in the end [3]
#   options    more words for `ferrogrid explore`, such as "--goal latency,energy --fits ecp5-85k" []
#   ferrogrid  the command [ferrogrid]

import json
import shlex
import subprocess

MODELS = shlex.split(str(config["models"]))
SPACE = str(config["space"])
OUTPUT = str(config.get("output", "explore"))
STEP = int(config.get("step", 1))
COMMAND = shlex.split(str(config.get("ferrogrid", "ferrogrid")))
WORDS = [*COMMAND, "explore", *MODELS, "--space", SPACE, *shlex.split(str(config.get("options", "")))]
EXPLORE = shlex.join(WORDS)

listed = subprocess.run([*WORDS, "--list", "--json"], check=True, capture_output=True, text=True)
COUNT = json.loads(listed.stdout)["configurations"]
CONFIRM = int(config.get("confirm", 3))
FIRST = range(0, COUNT, STEP)


rule all:
    input:
        f"{OUTPUT}/report.json",


rule part:
    input:
        SPACE,
    output:
        f"{OUTPUT}/parts/{{first}}/points.jsonl",
    params:
        last=lambda wildcards: min(int(wildcards.first) + STEP, COUNT) - 1,
    threads: 1
    shell:
        "RAYON_NUM_THREADS=1 {EXPLORE} --only {wildcards.first}-{params.last} --confirm 0 "
        "-o {OUTPUT:q}/parts/{wildcards.first} --json > /dev/null"


rule merge:
    input:
        expand(f"{OUTPUT}/parts/{{first}}/points.jsonl", first=FIRST),
    output:
        f"{OUTPUT}/report.json",
    params:
        folders=expand(f"{OUTPUT}/parts/{{first}}", first=FIRST),
    shell:
        "{EXPLORE} --confirm {CONFIRM} --merge {params.folders:q} -o {OUTPUT:q}"

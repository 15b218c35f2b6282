# What the scripts of this folder share. From the environment they take
#
#   MNIST   folder with the four files of MNIST, where a script trains on them
#   CHAIRS  folder of clouds of points, where a script trains on them
#   CLOTHING  folder of photographs of clothes, where a script trains on them
#   RUNS    folder of the runs (default: runs/reproductions/NAME); one that stands there is taken up where it stopped
#   STEPS   optimiser steps in the place of epochs, for a trial of the first run
#
# Progress goes to stderr, the record of what came out to stdout.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
reproductions=$(dirname "$here")
RUNS=${RUNS:-runs/reproductions/$(basename "$here")}

vaekit() {
  node "$reproductions/../dist/bin/vaekit.js" "$@" >&2
}

# All values of a loop, or the first of them in a trial.
each() {
  if [ -n "${STEPS:-}" ]; then echo "$1"; else echo "$@"; fi
}

# Flags for so many epochs, or for a trial.
epochs() {
  if [ -n "${STEPS:-}" ]; then echo "--steps $STEPS"; else echo "--epochs $1"; fi
}

# Flags for so many draws of an importance-weighted likelihood on so many samples, or for a trial.
draws() {
  if [ -n "${STEPS:-}" ]; then echo "--draws 2 --limit 4"; else echo "--draws $1 --limit $2"; fi
}

# Flags for classifiers of codes by numbers of labels, or for a trial.
labels() {
  if [ -n "${STEPS:-}" ]; then echo "--probe-labels 20 --limit 20"; else echo "--probe-labels 100,1000,10000"; fi
}

# train NAME SYSTEM FLAGS…
train() {
  name=$1
  shift
  if [ -e "$RUNS/$name" ]; then vaekit resume "$RUNS/$name"; else vaekit train "$@" --out "$RUNS/$name"; fi
}

# evaluate NAME FLAGS…
evaluate() {
  name=$1
  shift
  vaekit evaluate "$RUNS/$name" "$@"
}

# What results.json keeps of the runs.
record() {
  node "$reproductions/record.js" "$RUNS"
}

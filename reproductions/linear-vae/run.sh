#!/bin/sh
# Six systems with linear networks, and the maximum likelihood of probabilistic PCA on the same table.
. "$(dirname "$0")/../setup.sh"

node "$reproductions/linear-vae/run.js" ${STEPS:+--steps "$STEPS"}

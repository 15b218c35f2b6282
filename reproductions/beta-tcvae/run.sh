#!/bin/sh
# VAE and β-TCVAE on squares at all positions of a small picture: two factors, and a batch that is the whole training part.
. "$(dirname "$0")/../setup.sh"

node "$reproductions/beta-tcvae/run.js" ${STEPS:+--steps "$STEPS"}

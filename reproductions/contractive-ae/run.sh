#!/bin/sh
# What a linear classifier reads from contractive features of MNIST, and from those of the same network without the penalty.
. "$(dirname "$0")/../setup.sh"

for lambda in $(each 0.1 0); do
  train "contractive-$lambda" contractive-ae --lambda "$lambda" --latent 1000 --tied --cost bernoulli --data "$MNIST" \
    $(epochs 5)
  evaluate "contractive-$lambda" --metrics reconstruction,probe $(labels)
done
record

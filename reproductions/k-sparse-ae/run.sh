#!/bin/sh
# What a linear classifier reads from k-sparse features of MNIST, and from a linear code of as many units without a choice.
. "$(dirname "$0")/../setup.sh"

for k in $(each 25 10 40); do
  train "k-sparse-$k" k-sparse-ae --k "$k" --latent 1000 --data "$MNIST" $(epochs 10)
  evaluate "k-sparse-$k" --metrics reconstruction,probe $(labels)
done
record

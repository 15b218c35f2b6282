#!/bin/sh
# IWAE with 50, 5 and 1 draws on MNIST whose pixels are drawn anew in every step, and one estimate of log p(x) for all.
. "$(dirname "$0")/../setup.sh"

for k in $(each 50 5 1); do
  train "iwae-$k" iwae --k "$k" --data "$MNIST" --architecture mlp --hidden 200,200 --activation tanh --latent 50 \
    --batch-size 20 --binarise dynamic --patience 0 $(epochs 50)
  evaluate "iwae-$k" --metrics nll,latent $(draws 5000 1000)
done
record

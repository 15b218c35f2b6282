#!/bin/sh
# Codes on a sphere against normal ones, in 2 and in 10 dimensions, on MNIST whose pixels are drawn anew in every step.
. "$(dirname "$0")/../setup.sh"

for latent in $(each 10 2); do
  for system in $(each hyperspherical-vae vae); do
    train "$system-$latent" "$system" --latent "$latent" --data "$MNIST" --architecture mlp --hidden 256,128 \
      --batch-size 64 --binarise dynamic $(epochs 10)
    evaluate "$system-$latent" --metrics nll $(draws 500 1000)
  done
done
record

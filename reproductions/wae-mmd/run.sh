#!/bin/sh
# WAE-MMD in the authors' small configuration for MNIST, and a VAE with the same layers.
. "$(dirname "$0")/../setup.sh"

for system in $(each wae-mmd vae); do
  case $system in wae-mmd) own="--posterior gaussian" ;; *) own="" ;; esac
  train "$system" "$system" $own --data "$MNIST" --architecture mlp --hidden 256,256,256 --latent 4 --batch-size 100 \
    --beta1 0.5 $(epochs 30)
  evaluate "$system" --metrics reconstruction
done
record

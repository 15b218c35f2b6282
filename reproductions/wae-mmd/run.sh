#!/bin/sh
# WAE-MMD with a deterministic and with a Gaussian encoder, and a VAE with the same layers.
. "$(dirname "$0")/../setup.sh"

for name in $(each wae-mmd wae-mmd-gaussian vae); do
  case $name in wae-mmd-gaussian) system="wae-mmd --posterior gaussian" ;; *) system=$name ;; esac
  train "$name" $system --data "$MNIST" --architecture mlp --hidden 256,256,256 --latent 4 --batch-size 100 \
    --beta1 0.5 $(epochs 30)
  evaluate "$name" --metrics reconstruction
done
record

#!/bin/sh
# VAE and β-VAE on the sprites, in the configuration of a public implementation that published its losses by epoch.
. "$(dirname "$0")/../setup.sh"

for beta in $(each 1 4); do
  train "sprites-$beta" beta-vae --beta "$beta" --data sprites --latent 10 --architecture conv --channels 32,32,32,32 \
    --hidden 256,256 --batch-size 64 --learning-rate 5e-4 --kl-warmup 10000 --evaluate-every 1000 --patience 0 $(epochs 30)
done
record

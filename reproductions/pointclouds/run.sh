#!/bin/sh
# Chairs: reconstructions beside templates, and a generator of codes beside a generator of clouds. CHAIRS is a folder of clouds.
. "$(dirname "$0")/../setup.sh"

POINTS=256
train pointcloud-ae pointcloud-ae --data "$CHAIRS" --points $POINTS --features 32,64,128 --latent 64 --batch-size 32 \
  --learning-rate 0.001 $(epochs 200)
evaluate pointcloud-ae --metrics reconstruction
[ -e "$RUNS/pointcloud-ae/priors/latent-gan" ] || vaekit fit-prior "$RUNS/pointcloud-ae" latent-gan $(epochs 1000)
evaluate pointcloud-ae --prior latent-gan --metrics clouds
train r-gan r-gan --data "$CHAIRS" --points $POINTS --features 32,64,128 --hidden 64,256 --batch-size 32 \
  --learning-rate 0.0005 $(epochs 320)
evaluate r-gan --metrics clouds
node "$reproductions/pointclouds/templates.js" "$CHAIRS" $POINTS $(each 10 50 150) > "$RUNS/baselines.json"
record

#!/bin/sh
# What is found to be unlike the training data: nine digits by a VAE of the tenth, and digits by a VAE of clothes.
# CLOTHING is a folder of photographs of clothes.
. "$(dirname "$0")/../setup.sh"

# score NAME FLAGS…
score() {
  name=$1
  shift
  node "$reproductions/../dist/bin/vaekit.js" score "$RUNS/$name" "$@" --json > "$RUNS/$name/anomalies.json"
}

digits=$(each 0 1 2 3 4 5 6 7 8 9)
node "$here/digits.js" "$MNIST" "$RUNS/data" $digits
for digit in $digits; do
  train "digit-$digit" vae --data "$RUNS/data/$digit" --architecture mlp --hidden 256 --latent 16 --batch-size 64 --patience 0 $(epochs 10)
  score "digit-$digit" --normal "$digit" --by reconstruction,negativeElbo,kl,mahalanobis,knn
done

# Backgrounds see every number of a picture, with this probability, at random.
backgrounds=$(each 0.1 0.3)
for share in 0 $backgrounds; do
  train "clothing-$share" vae --data "$CLOTHING" --image-size 28 --image-channels 1 --likelihood logistic \
    --architecture mlp --hidden 256 --latent 16 --batch-size 64 --patience 0 --perturb "$share" $(epochs 150)
done
for share in $backgrounds; do
  score clothing-0 --anomalies "$RUNS/data/some-images-idx3-ubyte" --background "$RUNS/clothing-$share" \
    --by reconstruction,nll,complexityCorrected,likelihoodRatio,kl,mahalanobis,knn --draws "${STEPS:-50}"
  mv "$RUNS/clothing-0/anomalies.json" "$RUNS/clothing-$share/anomalies.json"
done
record

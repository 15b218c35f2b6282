#!/bin/sh
# SWAE on MNIST with two numbers per picture that are to lie on a ring.
. "$(dirname "$0")/../setup.sh"

train swae swae --prior ring --latent 2 --data "$MNIST" --architecture mlp --hidden 256,128 $(epochs 30)
record

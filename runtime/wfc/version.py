"""The version of wfc, in one place: the distribution's metadata is made from it, builds and runs record it."""

VERSION = "0.1.0"

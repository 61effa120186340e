"""The version of wfc, in one place: the distribution's metadata reads it, builds and runs record it."""

VERSION = "0.1.0"

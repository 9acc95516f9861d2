// Package config reads a node's settings: defaults, then a TOML file, then
// PARLEY_* variables. The commented sample is made from the struct, so that
// the two cannot drift apart.
package config

//go:build !linux

package main

import "errors"

// usedDescriptors returns the part of the descriptors that is in use, which is
// known on Linux only.
func usedDescriptors() (float64, error) { return 0, errors.ErrUnsupported }

package main

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// byteSize is a number of bytes in a setting: "65536", "64KiB", "1MiB", "2GiB".
type byteSize int64

var errByteSize = errors.New("want a number of bytes such as 65536, 64KiB, 1MiB or 2GiB")

var byteUnits = []struct {
	name  string
	bytes int64
}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"B", 1}}

// UnmarshalText reads what String writes, and plain numbers.
func (s *byteSize) UnmarshalText(text []byte) error {
	num, factor := string(text), int64(1)
	for _, u := range byteUnits {
		if n, ok := strings.CutSuffix(num, u.name); ok {
			num, factor = n, u.bytes
			break
		}
	}
	n, err := strconv.ParseInt(num, 10, 64)
	if err != nil || n < 0 || n > math.MaxInt64/factor {
		return errByteSize
	}
	*s = byteSize(n * factor)
	return nil
}

// String returns the size in the largest unit that divides it.
func (s byteSize) String() string {
	for _, u := range byteUnits[:len(byteUnits)-1] {
		if s != 0 && int64(s)%u.bytes == 0 {
			return strconv.FormatInt(int64(s)/u.bytes, 10) + u.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

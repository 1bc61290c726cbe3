package main

import (
	"math"
	"time"
)

// slope is the line through samples that has the least squares of distances.
type slope struct {
	perHour float64
	stderr  float64 // standard error of perHour
	mean    float64
	length  time.Duration // between the first sample and the last
}

// slopeOf fits a line; fewer than three samples have no slope.
func slopeOf(at []time.Duration, values []float64) slope {
	n := float64(len(at))
	if len(at) < 3 {
		return slope{}
	}
	var sx, sy float64
	for i := range at {
		sx += at[i].Hours()
		sy += values[i]
	}
	mx, my := sx/n, sy/n
	var sxx, sxy float64
	for i := range at {
		dx := at[i].Hours() - mx
		sxx += dx * dx
		sxy += dx * (values[i] - my)
	}
	s := slope{mean: my, length: at[len(at)-1] - at[0]}
	if sxx == 0 {
		return s
	}
	s.perHour = sxy / sxx
	var rest float64
	for i := range at {
		d := values[i] - my - s.perHour*(at[i].Hours()-mx)
		rest += d * d
	}
	s.stderr = math.Sqrt(rest / (n - 2) / sxx)
	return s
}

// judgeable is the time below which a slope per hour is an extrapolation that
// proves nothing.
const judgeable = 10 * time.Minute

// The verdicts on a slope.
const (
	verdictFlat    = "flat"
	verdictGrowing = "not flat"
	verdictUnclear = "unclear"
	verdictShort   = "too short to say"
)

// verdict compares the slope with limit, the largest that counts as flat, by two
// standard errors on either side. What falls is flat: a leak does not.
func (s slope) verdict(limit float64) string {
	switch {
	case s.length < judgeable:
		return verdictShort
	case s.perHour-2*s.stderr > limit:
		return verdictGrowing
	case s.perHour+2*s.stderr <= limit:
		return verdictFlat
	}
	return verdictUnclear
}

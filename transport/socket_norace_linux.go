//go:build !race

package transport

func beforeSend() {}

func afterReceive(int32) {}

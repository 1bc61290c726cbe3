//go:build !linux

package redis

import "syscall"

func endWithParent() *syscall.SysProcAttr { return nil }

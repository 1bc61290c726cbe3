package redis

import "syscall"

// endWithParent has the kernel end a server whose test process dies.
func endWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

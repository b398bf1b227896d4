//go:build !linux

package localaws

import "syscall"

// dieWithParent has no portable form. Only Linux programs are pinned so far.
func dieWithParent() *syscall.SysProcAttr { return nil }

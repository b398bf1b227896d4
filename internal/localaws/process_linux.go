package localaws

import "syscall"

// dieWithParent has the kernel end the child when the thread that started it
// ends, which is when this process ends, however it does.
func dieWithParent() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}

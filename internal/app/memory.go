package app

import "runtime/debug"

// workerMemory is what a worker's heap and stacks grow to, in bytes.
const workerMemory = 44 << 20

// BoundMemory has a worker collect garbage when its memory is used up and not
// before, for ConnectWise's pages leave a lot of it: how much memory it takes
// then depends neither on how many pages it has seen nor on what was there when
// it happened to collect the last time. More than that is taken if it is needed.
func BoundMemory() {
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(workerMemory)
}

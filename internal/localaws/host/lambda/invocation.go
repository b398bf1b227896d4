package lambda

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// invocation is one event on its way through a process.
type invocation struct {
	id, trace string
	payload   []byte
	once      sync.Once
	finished  chan struct{}
	done      chan Result // holds the one result
}

func newInvocation(payload []byte) *invocation {
	return &invocation{
		id: newID(), trace: newTrace(), payload: payload,
		finished: make(chan struct{}), done: make(chan Result, 1),
	}
}

// finish sets the result; only the first call counts.
func (i *invocation) finish(r Result) {
	i.once.Do(func() {
		i.done <- r
		close(i.finished)
	})
}

// failure is an error in Lambda's shape.
func failure(kind, format string, args ...any) Result {
	data, err := json.Marshal(map[string]string{"errorType": kind, "errorMessage": fmt.Sprintf(format, args...)})
	if err != nil { // two strings always marshal
		data = []byte(`{}`)
	}
	return Result{Payload: data, Failed: true}
}

func errorType(payload []byte) string {
	var e struct {
		ErrorType string `json:"errorType"`
	}
	if json.Unmarshal(payload, &e) != nil || e.ErrorType == "" {
		return "unknown"
	}
	return e.ErrorType
}

// newID makes a UUID.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// newTrace makes an X-Ray header of a trace that is not sampled.
func newTrace() string {
	var b [20]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0",
		time.Now().Unix(), hex.EncodeToString(b[:12]), hex.EncodeToString(b[12:]))
}

package callback

import (
	"sync"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// maxRemembered bounds the reads that a process remembers.
const maxRemembered = 4096

// recordKey names a record.
type recordKey struct {
	scope psa.Scope
	typ   psa.DataType
	id    psa.RecordID
}

// memory lets one delivery at a time look at a record, and remembers when the
// record was last read: a burst, of which all parts came before the read, is
// read once, also where the read changed nothing and was not stored. What a
// process forgets costs a read.
type memory struct {
	mu    sync.Mutex // guards the rest
	turns map[recordKey]*turn
	reads map[recordKey]time.Time
}

// turn is what those wait for who want the same record; n counts them.
type turn struct {
	sync.Mutex

	n int
}

func newMemory() *memory {
	return &memory{turns: map[recordKey]*turn{}, reads: map[recordKey]time.Time{}}
}

// take waits for the record's turn; the caller ends it.
func (m *memory) take(k recordKey) (end func()) {
	m.mu.Lock()
	t := m.turns[k]
	if t == nil {
		t = &turn{}
		m.turns[k] = t
	}
	t.n++
	m.mu.Unlock()
	t.Lock()
	return func() {
		t.Unlock()
		m.mu.Lock()
		defer m.mu.Unlock()
		if t.n--; t.n == 0 {
			delete(m.turns, k)
		}
	}
}

// readAfter reports whether the record was read after at.
func (m *memory) readAfter(k recordKey, at time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.reads[k].After(at)
}

// note remembers that the record was read at or after at.
func (m *memory) note(k recordKey, at time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.reads) >= maxRemembered {
		clear(m.reads)
	}
	m.reads[k] = at
}

// Package syncertest keeps what sync and callbacks need in memory: the stores,
// with the same conditions as the table's, and a ConnectWise. Tests can play a
// schedule of hundreds of remote calls in a few milliseconds. A test of package
// dynamo holds the stores against the table's, and one of this package holds
// the ConnectWise against the simulator.
package syncertest

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/psabridge/psabridge/internal/callback"
	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

// Table is what is stored. It is safe for concurrent use.
type Table struct {
	// OnWrite and OnAdvance, if set, are told what takes the place of what: of
	// rows, but for those of first runs, and of shards.
	OnWrite   func(scope psa.Scope, old, row syncer.Row)
	OnAdvance func(old, shard syncer.Shard)

	mu      sync.Mutex // guards the rest
	types   map[typeKey]*syncer.TypeState
	runs    map[syncer.RunKey]*run
	made    []syncer.RunKey // in order
	rows    map[typeKey][]syncer.Row
	missing map[syncer.RunKey][]psa.RecordID
	skips   map[string][]syncer.Skip
	logs    map[psa.Scope][]syncer.LogEntry
	lots    map[callback.LotKey]*lot
	parked  map[callback.LotKey][]callback.Parked
	limits  map[limitKey]int
	rev     int
}

// typeKey names a data type of a scope.
type typeKey = callback.LotKey

// Store is a process's way to a Table: the stores of sync and of callbacks. What
// has expired is there until it is gone, but for tombstones, which are written
// over.
type Store struct {
	table *Table
	now   func() time.Time
	call  Call
}

// Call makes one remote call: do is what becomes of it in the table. It says
// when that happens, whether it does, and whether anybody gets the answer. name
// tells calls that may be made side by side apart.
type Call func(ctx context.Context, name string, do func() error) error

var (
	_ syncer.RunStore    = (*Store)(nil)
	_ syncer.RecordStore = (*Store)(nil)
	_ callback.Lot       = (*Store)(nil)
	_ callback.Limits    = (*Store)(nil)
)

// NewTable makes an empty table.
func NewTable() *Table {
	return &Table{
		types: map[typeKey]*syncer.TypeState{}, runs: map[syncer.RunKey]*run{}, rows: map[typeKey][]syncer.Row{},
		missing: map[syncer.RunKey][]psa.RecordID{}, skips: map[string][]syncer.Skip{}, logs: map[psa.Scope][]syncer.LogEntry{},
		lots: map[callback.LotKey]*lot{}, parked: map[callback.LotKey][]callback.Parked{}, limits: map[limitKey]int{},
	}
}

// Store is a process with a clock; call makes its remote calls, nil if nothing
// comes between.
func (t *Table) Store(now func() time.Time, call Call) *Store {
	if call == nil {
		call = func(ctx context.Context, _ string, do func() error) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return do()
		}
	}
	return &Store{table: t, now: now, call: call}
}

// do makes a call during which nobody else touches the table.
func (s *Store) do(ctx context.Context, name string, do func(t *Table) error) error {
	return s.call(ctx, name, func() error {
		s.table.mu.Lock()
		defer s.table.mu.Unlock()
		return do(s.table)
	})
}

const (
	defaultLimit = 100
	maxLimit     = 1000
	keepFor      = 90 * 24 * time.Hour
)

func limitOf(p syncer.Page) int {
	if p.Limit <= 0 {
		return defaultLimit
	}
	return min(p.Limit, maxLimit)
}

// page is the part of a list that p asks for; keyOf tells entries apart, and is
// in the order of the list.
func page[T any](list []T, p syncer.Page, keyOf func(T) string) (out []T, next string, err error) {
	after, err := base64.RawURLEncoding.DecodeString(p.After)
	if err != nil {
		return nil, "", fmt.Errorf("cursor: %w", psa.ErrInvalid)
	}
	from := 0
	for p.After != "" && from < len(list) && keyOf(list[from]) <= string(after) {
		from++
	}
	out = slices.Clone(list[from:min(len(list), from+limitOf(p))])
	if from+len(out) < len(list) {
		next = base64.RawURLEncoding.EncodeToString([]byte(keyOf(out[len(out)-1])))
	}
	return out, next, nil
}

// padded sorts as a string as n does as a number.
func padded(n int64) string { return fmt.Sprintf("%020d", n) }

// sorted puts v into a list in order, in the place of its equal if it has one.
func sorted[T any](list []T, v T, compare func(a, b T) int) []T {
	i, found := slices.BinarySearchFunc(list, v, compare)
	if found {
		list[i] = v
		return list
	}
	return slices.Insert(list, i, v)
}

// typeOf is the state of a type, a fresh one if there is none.
func (t *Table) typeOf(scope psa.Scope, typ psa.DataType) *syncer.TypeState {
	k := typeKey{Scope: scope, Type: typ}
	if t.types[k] == nil {
		t.types[k] = &syncer.TypeState{Type: typ}
	}
	return t.types[k]
}

func (t *Table) log(scope psa.Scope, e syncer.LogEntry) {
	t.logs[scope] = append(t.logs[scope], e)
}

// Log implements syncer.RunStore.
func (s *Store) Log(ctx context.Context, scope psa.Scope, e syncer.LogEntry) error {
	return s.do(ctx, "log", func(t *Table) error {
		t.log(scope, e)
		return nil
	})
}

// Logs implements syncer.RunStore.
func (s *Store) Logs(ctx context.Context, scope psa.Scope, p syncer.Page) (entries []syncer.LogEntry, next string, err error) {
	err = s.do(ctx, "logs", func(t *Table) (err error) {
		type numbered struct {
			syncer.LogEntry

			no int
		}
		list := make([]numbered, len(t.logs[scope]))
		for i, e := range t.logs[scope] {
			list[i] = numbered{e, i}
		}
		slices.SortStableFunc(list, func(a, b numbered) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.no, a.no)) })
		order := map[int]string{}
		for i, e := range list {
			order[e.no] = padded(int64(i))
		}
		var found []numbered
		found, next, err = page(list, p, func(e numbered) string { return order[e.no] })
		entries = make([]syncer.LogEntry, len(found))
		for i, e := range found {
			entries[i] = e.LogEntry
		}
		return err
	})
	return entries, next, err
}

// TypeState implements syncer.RunStore.
func (s *Store) TypeState(ctx context.Context, scope psa.Scope, typ psa.DataType) (state syncer.TypeState, err error) {
	err = s.do(ctx, "type state "+string(typ), func(t *Table) error {
		state = *t.typeOf(scope, typ)
		return nil
	})
	return state, err
}

func (t *Table) nextRev() string {
	t.rev++
	return strconv.Itoa(t.rev)
}

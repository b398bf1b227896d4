package syncer

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/psabridge/psabridge/internal/filter"
	"github.com/psabridge/psabridge/internal/psa"
)

// judged is a record that was read, and what is to become of it.
type judged struct {
	psa.Record

	// removed is why it is not kept, "" if it is; of one that is Skipped, skip
	// and detail say more.
	removed Reason
	skip    SkipReason
	detail  string

	// sent is Row.Sent. again says that ConnectWise sent what is stored: the
	// record is the stored one, without Data.
	sent  string
	again bool
}

// judge decides about records from what they say and from where their parents
// stand now. Of what is not kept, only that is left which shows its return. was
// are rows as they are stored, if they are known.
func (e *Engine) judge(
	ctx context.Context, scope psa.Scope, f filter.Filter, t *Type, reads []Read, was map[psa.RecordID]Row,
) ([]judged, error) {
	out := make([]judged, len(reads))
	prints, decoder := t.prints(), t.decoder()
	for i, r := range reads {
		sent := prints.of(r.Raw)
		if old := was[r.ID]; sentAgain(t, f, r, sent, old) {
			out[i] = judgeAgain(r, old)
		} else {
			out[i] = judgeAlone(decoder, f, r)
		}
		out[i].sent = sent
	}
	if t.Parent != "" {
		if err := e.judgeByParents(ctx, scope, t, out); err != nil {
			return nil, err
		}
	}
	for i, r := range reads {
		out[i].settle(decoder, r, was[r.ID])
		out[i].slim(t)
	}
	return out, nil
}

// judgeAlone decides as far as the record tells.
func judgeAlone(d *decoder, f filter.Filter, r Read) judged {
	t := d.t
	rec, err := d.decode(r)
	if err != nil {
		rec = psa.Record{Type: t.Name, ID: r.ID, ReadAt: r.SentAt}
		return judged{Record: rec, removed: Skipped, skip: InvalidRecord, detail: err.Error()}
	}
	if r.Parent != 0 {
		rec.Parent = r.Parent
	}
	switch {
	case rec.SoftDeleted:
		return judged{Record: rec, removed: SoftDeleted}
	case !t.Filtered || f.All():
		return judged{Record: rec}
	}
	facts, err := filter.FactsOf(rec.Data)
	switch {
	case err != nil:
		return judged{Record: rec, removed: Skipped, skip: InvalidRecord, detail: err.Error()}
	case !f.Match(facts):
		return judged{Record: rec, removed: OutOfScope}
	default:
		return judged{Record: rec}
	}
}

// judgeByParents lets records follow their parents' rows.
func (e *Engine) judgeByParents(ctx context.Context, scope psa.Scope, t *Type, records []judged) error {
	var ids []psa.RecordID
	seen := map[psa.RecordID]bool{0: true}
	for _, rec := range records {
		if !seen[rec.Parent] {
			seen[rec.Parent] = true
			ids = append(ids, rec.Parent)
		}
	}
	parents, err := e.records.Lookup(ctx, scope, t.Parent, ids)
	if err != nil {
		return fmt.Errorf("look up %s: %w", t.Parent, err)
	}
	for i := range records {
		rec := &records[i]
		if rec.removed != "" || rec.Parent == 0 && t.Loose {
			continue
		}
		parent, known := parents[rec.Parent]
		switch {
		case known && parent.Removed == "":
		case known && parent.Removed == OutOfScope:
			rec.removed = OutOfScope
		default:
			rec.removed, rec.skip, rec.detail = Skipped, CompanyNotSynced, orphanDetail(t, rec.Parent, parent.Removed)
		}
	}
	return nil
}

func orphanDetail(t *Type, parent psa.RecordID, removed Reason) string {
	label := strings.TrimSuffix(string(t.Parent), "s")
	if t.Parent == psa.Companies {
		label = "company"
	}
	switch {
	case parent == 0:
		return fmt.Sprintf("It belongs to no %s.", label)
	case removed.Tombstone():
		return fmt.Sprintf("Its %s, %d, is deleted in ConnectWise.", label, parent)
	default:
		return fmt.Sprintf("Its %s, %d, is not synced.", label, parent)
	}
}

// slim drops the data of what is not kept, but for what the filter looks at.
func (j *judged) slim(t *Type) {
	if j.again || j.removed != OutOfScope && j.removed != Skipped {
		return
	}
	kept := map[string]json.RawMessage{}
	if t.Filtered {
		var all map[string]json.RawMessage
		_ = json.Unmarshal(j.Data, &all) // of a record that could not be decoded nothing is left
		for _, name := range []string{"types", "status", "territory", "market", t.DeletedFlag} {
			if v, ok := all[name]; ok {
				kept[name] = v
			}
		}
	}
	j.Data = []byte("{}")
	if data, err := json.Marshal(kept); err == nil { // raw messages that were just decoded
		j.Data = data
	}
}

// standing is what a record's children depend on.
type standing int

const (
	absent standing = iota // unknown, removed or skipped: its children cannot be kept
	living
	outside // of the filter's choice, and so are its children
)

func (r Row) standing() standing {
	switch {
	case r.ID == 0:
		return absent
	case r.Removed == "":
		return living
	case r.Removed == OutOfScope:
		return outside
	default:
		return absent
	}
}

// flip notes in a row that takes old's place (the zero Row if there was none)
// when its standing changed, so that its children's next run looks at them.
// New rows of a first run are left without: nothing depends on them yet. So are
// new rows that were never living and are nobody's parents, which changed-since
// need not tell of.
func (e *Engine) flip(row *Row, old Row, mode Mode) {
	row.ScopeAt = old.ScopeAt
	if row.standing() == old.standing() || old.ID == 0 && mode == Initial {
		return
	}
	wasKept := row.Removed == "" || old.ID != 0 && old.Removed == ""
	if wasKept || len(childrenOf(row.Type)) > 0 {
		row.ScopeAt = row.ChangedAt
	}
}

// followed asks for runs of the types whose records follow this one's, if it
// came or went: their next run by schedule may be a while. Those that are read
// parent by parent wait for it: a run of theirs asks about every parent.
func (e *Engine) followed(ctx context.Context, scope psa.Scope, t *Type, old, row Row) error {
	if row.ScopeAt.Equal(old.ScopeAt) || row.standing() == old.standing() {
		return nil
	}
	var follow []psa.DataType
	for _, child := range Types() {
		if child.Under() || child.Parent != t.Name && !slices.Contains(follow, child.Parent) {
			continue
		}
		state, err := e.runs.TypeState(ctx, scope, child.Name)
		if err != nil {
			return fmt.Errorf("what follows %s: %w", t.Name, err)
		}
		if state.ActiveRun == "" && !state.Watermark.IsZero() {
			follow = append(follow, child.Name)
		}
	}
	if len(follow) == 0 {
		return nil
	}
	enabled, err := e.enabled(ctx, scope, follow)
	if err != nil || len(enabled) == 0 {
		return err
	}
	_, err = e.Start(ctx, scope, enabled, Incremental, bySystem)
	return err
}

// enabled are those of types that the connection has.
func (e *Engine) enabled(ctx context.Context, scope psa.Scope, types []psa.DataType) ([]psa.DataType, error) {
	session, err := e.connect.Connect(ctx, scope)
	if err != nil {
		return nil, fmt.Errorf("enabled types: %w", err)
	}
	return slices.DeleteFunc(types, func(t psa.DataType) bool { return !slices.Contains(session.Types, t) }), nil
}

// bySystem is who asks for what follows from something else.
const bySystem = "system"

package syncer

import (
	"fmt"

	"github.com/cespare/xxhash/v2"

	"github.com/psabridge/psabridge/internal/filter"
)

// Most records that a run reads are as they were. Those are told by a hash of
// what ConnectWise sent, which costs far less than decoding it. Where links or the
// order of members are others, the record is decoded, and may be the same.

// decodeVersion is to grow with every change of what decode makes of a record.
const decodeVersion = 1

// prints makes Row.Sent of a type's records.
type prints struct {
	hash *xxhash.Digest
	salt []byte
}

// prints is salted with what is kept of a record, so that other fields in
// another version of this program lead to all records being decoded.
func (t *Type) prints() *prints {
	salt := fmt.Appendf(nil, "%d %q %q %q %q %q\n", decodeVersion, t.Name, t.Fields, t.NameFields, t.ParentField, t.DeletedFlag)
	return &prints{hash: xxhash.New(), salt: salt}
}

// of is 64 bits: one change in 10^19 looks like none by accident. It is no
// secret of anybody's: who can change a record has no use for hiding that from
// the readers of it.
func (p *prints) of(raw []byte) string {
	var room [8]byte
	p.hash.Reset()
	_, _ = p.hash.Write(p.salt) // it never fails
	_, _ = p.hash.Write(raw)
	return string(p.hash.Sum(room[:0]))
}

// sentAgain reports whether decoding what was read would give what is stored.
func sentAgain(t *Type, f filter.Filter, r Read, sent string, old Row) bool {
	switch {
	case old.ID == 0, old.Sent != sent, old.Skip != "", r.Parent != 0 && r.Parent != old.Parent:
		return false
	case t.Filtered && !f.All(): // which may be another than it was
		return false
	default:
		return old.Removed == "" || old.Removed == SoftDeleted || old.Removed == OutOfScope
	}
}

// judgeAgain is judgeAlone of what is stored.
func judgeAgain(r Read, old Row) judged {
	rec := judged{Record: old.Record, again: true}
	rec.ReadAt = r.SentAt
	if rec.SoftDeleted {
		rec.removed = SoftDeleted
	}
	return rec
}

// settle decodes a record that ConnectWise sent again after all, where
// something else is to become of it now.
func (j *judged) settle(d *decoder, r Read, old Row) {
	if !j.again || j.removed == old.Removed && j.skip == old.Skip {
		return
	}
	alone := judgeAlone(d, filter.Filter{}, r)
	j.Record, j.again = alone.Record, false
}

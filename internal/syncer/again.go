package syncer

import (
	"crypto/sha256"
	"fmt"
	"hash"

	"github.com/psabridge/psabridge/internal/filter"
)

// Most records that a run reads are as they were. Those are told by a hash of
// what ConnectWise sent, which costs a fifth of decoding it. Where links or the
// order of members are others, the record is decoded, and may be the same.

// decodeVersion is to grow with every change of what decode makes of a record.
const decodeVersion = 1

// prints makes Row.Sent of a type's records.
type prints struct {
	hash hash.Hash
	salt []byte
	sum  [sha256.Size]byte
}

// prints is salted with what is kept of a record, so that other fields in
// another version of this program lead to all records being decoded.
func (t *Type) prints() *prints {
	salt := fmt.Appendf(nil, "%d %q %q %q %q %q\n", decodeVersion, t.Name, t.Fields, t.NameFields, t.ParentField, t.DeletedFlag)
	return &prints{hash: sha256.New(), salt: salt}
}

// of is 128 bits: no two records will ever share one by accident.
func (p *prints) of(raw []byte) string {
	p.hash.Reset()
	p.hash.Write(p.salt)
	p.hash.Write(raw)
	return string(p.hash.Sum(p.sum[:0])[:16])
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
func (j *judged) settle(t *Type, r Read, old Row) {
	if !j.again || j.removed == old.Removed && j.skip == old.Skip {
		return
	}
	alone := judgeAlone(t, filter.Filter{}, r)
	j.Record, j.again = alone.Record, false
}

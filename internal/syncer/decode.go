package syncer

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/psabridge/psabridge/internal/jsonscan"
	"github.com/psabridge/psabridge/internal/psa"
)

// MaxDataBytes is the largest Data that a row may have, so that its item, with
// a name as long as its data and nothing that compresses, stays below
// DynamoDB's 400 KB.
const MaxDataBytes = 192 << 10

// infoMember has what ConnectWise says about a record and its links; links are
// never kept.
const infoMember = "_info"

// decoder turns what ConnectWise sent into records of a type. It is used again
// and again, which spares memory.
type decoder struct {
	t         *Type
	fields    map[string]field
	canonical jsonscan.Canonical

	// Of the record that is being decoded:
	rec     psa.Record
	names   []string
	updated string
	data    []byte
}

// field is what a member of the type's records is for: its place among those
// that are kept, below 0 if it is not, and its tag.
type field struct{ place, tag int }

// Tags of members that are looked at; from tagName on one is a part of the
// name.
const (
	tagNone = iota
	tagInfo
	tagParent
	tagDeleted
	tagName
)

// decoder makes one. A member has one use beside being kept.
func (t *Type) decoder() *decoder {
	d := &decoder{t: t, fields: map[string]field{}, names: make([]string, len(t.NameFields)), canonical: jsonscan.Canonical{Drop: infoMember}}
	for i, name := range slices.Sorted(slices.Values(t.Fields)) {
		d.fields[name] = field{place: i}
	}
	d.tag(infoMember, tagInfo)
	d.tag(t.ParentField, tagParent)
	d.tag(t.DeletedFlag, tagDeleted)
	for i, name := range t.NameFields {
		d.tag(name, tagName+i)
	}
	return d
}

// tag notes that members of a name, if there is one, are to be looked at.
func (d *decoder) tag(name string, tag int) {
	if name == "" {
		return
	}
	f, kept := d.fields[name]
	if !kept {
		f.place = -1
	}
	d.fields[name] = field{f.place, tag}
}

// Pick implements jsonscan.Picker.
func (d *decoder) Pick(name []byte) (place, tag int) {
	f, known := d.fields[string(name)]
	if !known {
		return -1, tagNone
	}
	return f.place, f.tag
}

// See implements jsonscan.Picker.
func (d *decoder) See(tag int, value []byte) {
	switch tag {
	case tagNone:
	case tagParent:
		d.rec.Parent = parentOf(value)
	case tagDeleted:
		d.rec.SoftDeleted = string(value) == "true"
	default:
		d.names[tag-tagName], _ = jsonscan.Text(value)
	}
}

// Take implements jsonscan.Picker.
func (d *decoder) Take(tag int, c *jsonscan.Cursor) bool {
	if tag == tagInfo {
		return d.readInfo(c)
	}
	value, ok := c.Value()
	d.See(tag, value)
	return ok
}

// decode turns what ConnectWise sent into a record of the type. Fields that
// are not kept are dropped, references lose their _info links, and nulls are
// dropped, so that equal records are equal bytes. An error wraps
// psa.ErrInvalid and names no value.
func (d *decoder) decode(r Read) (psa.Record, error) {
	t := d.t
	d.rec, d.updated = psa.Record{Type: t.Name, ID: r.ID, ReadAt: r.SentAt}, ""
	clear(d.names)
	var ok bool
	if d.data, ok = d.canonical.AppendObject(d.data[:0], r.Raw, d); !ok {
		return psa.Record{}, fmt.Errorf("%s %d is no JSON object: %w", t.Name, r.ID, psa.ErrInvalid)
	}
	if d.updated != "" { // a record without it is ordered by its read alone
		at, err := time.Parse(time.RFC3339, d.updated)
		if err != nil {
			return psa.Record{}, fmt.Errorf("%s %d: _info.lastUpdated is no date-time: %w", t.Name, r.ID, psa.ErrInvalid)
		}
		d.rec.LastUpdated = at.UTC()
	}
	if len(d.data) > MaxDataBytes {
		return psa.Record{}, fmt.Errorf("%s %d has %d bytes, more than can be kept: %w", t.Name, r.ID, len(d.data), psa.ErrInvalid)
	}
	d.rec.Name, d.rec.Data = nameOf(d.names), bytes.Clone(d.data)
	return d.rec, nil
}

// readInfo reads _info, where ConnectWise keeps when and by whom a record was
// changed last. Anything but an object says nothing.
func (d *decoder) readInfo(c *jsonscan.Cursor) bool {
	d.rec.UpdatedBy, d.updated = "", ""
	if !c.Object() {
		_, ok := c.Value()
		return ok
	}
	return c.Members(func(name []byte) bool {
		value, ok := c.Value()
		switch string(name) {
		case "updatedBy":
			d.rec.UpdatedBy, _ = jsonscan.Text(value)
		case "lastUpdated":
			d.updated, _ = jsonscan.Text(value)
		}
		return ok
	})
}

func parentOf(ref []byte) (id psa.RecordID) {
	_ = jsonscan.Object(ref, func(name, value []byte) bool { // anything else refers to nothing
		if string(name) == "id" {
			n, err := strconv.ParseInt(string(value), 10, 64)
			if id = 0; err == nil && n > 0 {
				id = psa.RecordID(n)
			}
		}
		return true
	})
	return id
}

// nameOf joins the name fields; it is cut at 200 characters, since it is
// for people to recognise and the whole stands in Data.
func nameOf(fields []string) string {
	var parts []string
	for _, s := range fields {
		if s = strings.TrimSpace(s); s != "" {
			parts = append(parts, s)
		}
	}
	name := strings.ToValidUTF8(strings.Join(parts, " "), "\uFFFD")
	if len(name) <= 200 {
		return name
	}
	runes := []rune(name)
	return string(runes[:min(len(runes), 200)])
}

// hashOf tells rows apart by what they say, not by when they were read. It is as
// good as prints.of, and as little of a secret.
func hashOf(rec psa.Record, removed Reason) string {
	var room [512]byte
	head := append(room[:0], removed...)
	head = append(append(head, 0), rec.Name...)
	head = strconv.AppendInt(append(head, 0), int64(rec.Parent), 10)
	var h xxhash.Digest
	h.Reset()
	_, _ = h.Write(append(head, 0)) // it never fails
	_, _ = h.Write(rec.Data)
	return hex.EncodeToString(h.Sum(room[:0]))
}

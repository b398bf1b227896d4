package syncer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

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

// decode turns what ConnectWise sent into a record of the type. Fields that
// are not kept are dropped, references lose their _info links, and nulls are
// dropped, so that equal records are equal bytes. An error wraps
// psa.ErrInvalid and names no value.
func decode(t *Type, r Read) (psa.Record, error) {
	rec := psa.Record{Type: t.Name, ID: r.ID, ReadAt: r.SentAt}
	names := make([]string, len(t.NameFields))
	var info []byte
	var room [64]keptField
	kept := room[:0]
	ok := jsonscan.Object(r.Raw, func(name, value []byte) bool {
		switch string(name) {
		case "": // which no type names
		case infoMember:
			info = value
		case t.ParentField:
			rec.Parent = parentOf(value)
		case t.DeletedFlag:
			rec.SoftDeleted = string(value) == "true"
		}
		if i := indexOf(t.NameFields, name); i >= 0 {
			names[i], _ = jsonscan.Text(value)
		}
		if indexOf(t.Fields, name) >= 0 {
			kept = append(kept, keptField{name, value})
		}
		return true
	})
	if !ok {
		return psa.Record{}, fmt.Errorf("%s %d is no JSON object: %w", t.Name, r.ID, psa.ErrInvalid)
	}
	if err := decodeInfo(&rec, info); err != nil {
		return psa.Record{}, fmt.Errorf("%s %d: %w", t.Name, r.ID, err)
	}
	rec.Name = nameOf(names)
	if rec.Data = dataOf(kept); len(rec.Data) > MaxDataBytes {
		return psa.Record{}, fmt.Errorf("%s %d has %d bytes, more than can be kept: %w", t.Name, r.ID, len(rec.Data), psa.ErrInvalid)
	}
	return rec, nil
}

// indexOf is the position of name in names, -1 if it is not there.
func indexOf(names []string, name []byte) int {
	for i, n := range names {
		if n == string(name) {
			return i
		}
	}
	return -1
}

// decodeInfo reads _info, where ConnectWise keeps when and by whom a record
// was changed last. A record without it is ordered by its read alone.
func decodeInfo(rec *psa.Record, info []byte) error {
	var updated string
	_ = jsonscan.Object(info, func(name, value []byte) bool { // anything else says nothing
		switch string(name) {
		case "updatedBy":
			rec.UpdatedBy, _ = jsonscan.Text(value)
		case "lastUpdated":
			updated, _ = jsonscan.Text(value)
		}
		return true
	})
	if updated == "" {
		return nil
	}
	at, err := time.Parse(time.RFC3339, updated)
	if err != nil {
		return fmt.Errorf("_info.lastUpdated is no date-time: %w", psa.ErrInvalid)
	}
	rec.LastUpdated = at.UTC()
	return nil
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

// keptField is a field of the type as ConnectWise sent it.
type keptField struct{ name, value []byte }

// dataOf writes the fields in order. Of those with the same name the last one
// counts, as everywhere.
func dataOf(fields []keptField) []byte {
	slices.SortStableFunc(fields, func(a, b keptField) int { return bytes.Compare(a.name, b.name) })
	size := 2
	for _, f := range fields {
		size += len(f.name) + len(f.value) + len(`"":,`)
	}
	canonical := jsonscan.Canonical{Drop: infoMember}
	data := append(make([]byte, 0, size), '{')
	for i, f := range fields {
		if i+1 < len(fields) && bytes.Equal(f.name, fields[i+1].name) || string(f.value) == "null" {
			continue
		}
		data = append(jsonscan.AppendText(data, f.name), ':')
		data, _ = canonical.Append(data, f.value) // it was scanned already
		data = append(data, ',')
	}
	if len(data) == 1 {
		return []byte("{}")
	}
	data[len(data)-1] = '}'
	return data
}

// hashOf tells rows apart by what they say, not by when they were read.
func hashOf(rec psa.Record, removed Reason) string {
	var room [512]byte
	head := append(room[:0], removed...)
	head = append(append(head, 0), rec.Name...)
	head = strconv.AppendInt(append(head, 0), int64(rec.Parent), 10)
	h := sha256.New()
	h.Write(append(head, 0))
	h.Write(rec.Data)
	return hex.EncodeToString(h.Sum(room[:0])[:16])
}

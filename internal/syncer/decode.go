package syncer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// MaxDataBytes is the largest Data that a row may have, so that its item, with
// a name as long as its data and nothing that compresses, stays below
// DynamoDB's 400 KB.
const MaxDataBytes = 192 << 10

// decode turns what ConnectWise sent into a record of the type. Fields that
// are not kept are dropped, references lose their _info links, and nulls are
// dropped, so that equal records are equal bytes. An error wraps
// psa.ErrInvalid and names no value.
func decode(t *Type, r Read) (psa.Record, error) {
	var fields map[string]any
	dec := json.NewDecoder(bytes.NewReader(r.Raw))
	dec.UseNumber()
	if err := dec.Decode(&fields); err != nil || fields == nil {
		return psa.Record{}, fmt.Errorf("%s %d is no JSON object: %w", t.Name, r.ID, psa.ErrInvalid)
	}
	rec := psa.Record{Type: t.Name, ID: r.ID, ReadAt: r.SentAt, Parent: parentOf(t, fields)}
	if err := decodeInfo(&rec, fields["_info"]); err != nil {
		return psa.Record{}, fmt.Errorf("%s %d: %w", t.Name, r.ID, err)
	}
	rec.SoftDeleted, _ = fields[t.DeletedFlag].(bool)
	rec.Name = nameOf(t, fields)
	data, err := json.Marshal(keep(t, fields))
	if err != nil {
		return psa.Record{}, fmt.Errorf("%s %d: %w", t.Name, r.ID, err)
	}
	if len(data) > MaxDataBytes {
		return psa.Record{}, fmt.Errorf("%s %d has %d bytes, more than can be kept: %w", t.Name, r.ID, len(data), psa.ErrInvalid)
	}
	rec.Data = data
	return rec, nil
}

// decodeInfo reads _info, where ConnectWise keeps when and by whom a record
// was changed last. A record without it is ordered by its read alone.
func decodeInfo(rec *psa.Record, v any) error {
	info, ok := v.(map[string]any)
	if !ok {
		return nil
	}
	rec.UpdatedBy, _ = info["updatedBy"].(string)
	s, ok := info["lastUpdated"].(string)
	if !ok || s == "" {
		return nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return fmt.Errorf("_info.lastUpdated is no date-time: %w", psa.ErrInvalid)
	}
	rec.LastUpdated = at.UTC()
	return nil
}

func parentOf(t *Type, fields map[string]any) psa.RecordID {
	ref, ok := fields[t.ParentField].(map[string]any)
	if !ok {
		return 0
	}
	n, ok := ref["id"].(json.Number)
	if !ok {
		return 0
	}
	id, err := n.Int64()
	if err != nil || id < 0 {
		return 0
	}
	return psa.RecordID(id)
}

// nameOf joins the name fields; it is cut at 200 characters, since it is
// for people to recognise and the whole stands in Data.
func nameOf(t *Type, fields map[string]any) string {
	var parts []string
	for _, f := range t.NameFields {
		if s, ok := fields[f].(string); ok && strings.TrimSpace(s) != "" {
			parts = append(parts, strings.TrimSpace(s))
		}
	}
	name := []rune(strings.ToValidUTF8(strings.Join(parts, " "), "\uFFFD"))
	return string(name[:min(len(name), 200)])
}

// keep picks the type's fields.
func keep(t *Type, fields map[string]any) map[string]any {
	kept := make(map[string]any, len(t.Fields))
	for _, f := range t.Fields {
		if v, ok := fields[f]; ok && v != nil {
			kept[f] = clean(v)
		}
	}
	return kept
}

// clean drops nulls and _info from everything below v.
func clean(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			if e == nil || k == "_info" {
				delete(v, k)
				continue
			}
			v[k] = clean(e)
		}
	case []any:
		for i, e := range v {
			v[i] = clean(e)
		}
	}
	return v
}

// hashOf tells rows apart by what they say, not by when they were read.
func hashOf(rec psa.Record, removed Reason) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%s\x00%d\x00", removed, rec.Name, rec.Parent)
	h.Write(rec.Data)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

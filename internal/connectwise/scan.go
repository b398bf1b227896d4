package connectwise

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/psabridge/psabridge/internal/jsonscan"
	"github.com/psabridge/psabridge/internal/psa"
)

// splitList cuts a JSON array of objects into its elements and finds their
// ids, in one pass and without copying. It reports false for anything that is
// not an array of objects, each with a positive id.
func splitList(body []byte) (items []json.RawMessage, ids []psa.RecordID, ok bool) {
	items, ids = []json.RawMessage{}, []psa.RecordID{}
	ok = jsonscan.Objects(trimBOM(body), "id", func(item, raw []byte) bool {
		id, ok := parseID(raw)
		items, ids = append(items, item), append(ids, id)
		return ok
	})
	if !ok {
		return nil, nil, false
	}
	return items, ids, true
}

// splitRecord checks that body is one object with a positive id.
func splitRecord(body []byte) (item json.RawMessage, id psa.RecordID, ok bool) {
	item = bytes.TrimSpace(trimBOM(body))
	found := false
	ok = jsonscan.Object(item, func(name, raw []byte) bool {
		if string(name) == "id" {
			id, found = parseID(raw)
		}
		return true
	})
	return item, id, ok && found
}

func parseID(raw []byte) (psa.RecordID, bool) {
	id, err := strconv.ParseInt(string(raw), 10, 64)
	return psa.RecordID(id), err == nil && id > 0
}

func trimBOM(b []byte) []byte { return bytes.TrimPrefix(b, []byte("\xef\xbb\xbf")) }

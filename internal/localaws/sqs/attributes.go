package sqs

import (
	"crypto/md5" // SQS's checksum, not a protection
	"encoding/binary"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
)

// attribute is a message's attribute as in a request.
type attribute struct {
	DataType    string
	StringValue string `json:",omitempty"`
	BinaryValue []byte `json:",omitempty"`
}

func digest(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

// digestAttributes is the checksum that clients compare: over the sorted
// attributes, each part with its length before it.
func digestAttributes(attributes map[string]attribute) string {
	if len(attributes) == 0 {
		return ""
	}
	var b []byte
	part := func(p []byte) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
		b = append(b, p...)
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		a := attributes[name]
		part([]byte(name))
		part([]byte(a.DataType))
		if strings.HasPrefix(a.DataType, "Binary") {
			b = append(b, 2)
			part(a.BinaryValue)
		} else {
			b = append(b, 1)
			part([]byte(a.StringValue))
		}
	}
	return digest(b)
}

// chosen returns the attributes that a receiver asked for by name, by prefix
// ("a.*"), or with "All".
func chosen(attributes map[string]attribute, names []string) map[string]attribute {
	out := map[string]attribute{}
	for name, a := range attributes {
		if slices.ContainsFunc(names, func(asked string) bool { return asks(asked, name) }) {
			out[name] = a
		}
	}
	return out
}

func asks(asked, name string) bool {
	if asked == "All" || asked == ".*" || asked == name {
		return true
	}
	prefix, ok := strings.CutSuffix(asked, ".*")
	return ok && strings.HasPrefix(name, prefix)
}

package dynamo

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
)

// pack makes a list small: what is read and written as a whole.
func pack[T any](list []T) ([]byte, error) {
	var buf bytes.Buffer
	w := gzip.NewWriter(&buf)
	if err := json.NewEncoder(w).Encode(list); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack: %w", err)
	}
	return buf.Bytes(), nil
}

// unpack returns what was packed.
func unpack[T any](zip []byte) ([]T, error) {
	r, err := gzip.NewReader(bytes.NewReader(zip))
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	var list []T
	if err := json.NewDecoder(r).Decode(&list); err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	return list, nil
}

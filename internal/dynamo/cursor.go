package dynamo

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"github.com/psabridge/psabridge/internal/psa"
	"github.com/psabridge/psabridge/internal/syncer"
)

const (
	defaultLimit = 100
	maxLimit     = 1000
)

// limitOf bounds what a caller asks for.
func limitOf(p syncer.Page) int {
	if p.Limit <= 0 {
		return defaultLimit
	}
	return min(p.Limit, maxLimit)
}

// A cursor is the sort key that a page ended with, made opaque. The partition
// never comes from it, so a forged one shows nothing of another account.

func cursorOf(sk string) string { return base64.RawURLEncoding.EncodeToString([]byte(sk)) }

func parseCursor(cursor string) (sk string, err error) {
	b, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil || len(b) > 1024 {
		return "", fmt.Errorf("cursor: %w", psa.ErrInvalid)
	}
	return strings.ToValidUTF8(string(b), ""), nil
}

// parseIDCursor reads a cursor whose sort key is a record's id; "" is 0.
func parseIDCursor(cursor string) (psa.RecordID, error) {
	sk, err := parseCursor(cursor)
	if err != nil || sk == "" {
		return 0, err
	}
	id, err := strconv.ParseInt(sk, 10, 64)
	if err != nil || id < 0 {
		return 0, fmt.Errorf("cursor: %w", psa.ErrInvalid)
	}
	return psa.RecordID(id), nil
}

package syncer

import (
	"time"

	"github.com/psabridge/psabridge/internal/psa"
)

// LogQuery asks for part of the log, newest first. An empty field is no
// condition.
type LogQuery struct {
	Type  psa.DataType
	RunID string
	Event string
	Who   string
	// From is inclusive, To exclusive.
	From, To time.Time
	Page
}

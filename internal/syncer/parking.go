package syncer

import (
	"context"
	"fmt"

	"github.com/psabridge/psabridge/internal/psa"
)

// KindParked asks to read again what was parked of a type (Type): records that
// callbacks told of while the type's first run was active.
const KindParked Kind = "parked"

// FirstRun reports whether the type's first run is active. It writes without
// conditions, so nothing else may write rows of the type meanwhile.
func (s TypeState) FirstRun() bool { return s.ActiveRun != "" && s.Watermark.IsZero() }

// ParkedMessage asks to read again what was parked of a type.
func ParkedMessage(scope psa.Scope, typ psa.DataType) Message {
	return Message{V: MessageVersion, Kind: KindParked, Account: scope.Account, Generation: scope.Generation, Type: typ}
}

// wakeParked has what was parked read again after a first run, whatever became
// of it. Should the message be lost, the minute's tick finds what is parked.
func (e *Engine) wakeParked(ctx context.Context, run Run) error {
	if run.Mode != Initial {
		return nil
	}
	if err := e.wake.Wake(ctx, ParkedMessage(run.Scope, run.Type), 0); err != nil {
		return fmt.Errorf("wake what was parked: %w", err)
	}
	return nil
}

package httpapi

import (
	"context"
	"time"

	"github.com/psabridge/psabridge/internal/problem"
	"github.com/psabridge/psabridge/internal/setup"
)

// Pause is what a person holds up.
type Pause struct {
	Sync bool       `json:"sync" doc:"Whether reading from ConnectWise is held up."`
	By   string     `json:"by,omitempty" doc:"Who changed this last."`
	At   *time.Time `json:"at,omitempty" doc:"When it was changed last."`
}

func pauseOf(p setup.Pause) Pause { return Pause{Sync: p.Sync, By: p.By, At: optional(p.At)} }

func (a *api) registerPause() {
	add(a, operation{
		id: "pauseConnection", method: "PUT", path: "/v1/connection/pause", tag: "Connection", access: changes,
		summary: "Hold reading up, or go on with a run of every enabled type",
	}, a.pause)
}

type pauseInput struct {
	Body struct {
		Sync bool `json:"sync" doc:"true: nothing is read, and runs under way wait; false: go on."`
	}
}

func (a *api) pause(ctx context.Context, in *pauseInput) (*connectionOutput, error) {
	c := callerOf(ctx)
	st, err := a.Setup.SetPause(ctx, c.account, c.subject, in.Body.Sync)
	if err != nil {
		return nil, err
	}
	return connectionAnswer(st), nil
}

// running refuses what a pause holds up.
func running(c *setup.Connection) error {
	if !c.Pause.Sync {
		return nil
	}
	return problem.New(problem.Paused, "Reading from ConnectWise is paused.", "Resume it on the connection's page, then sync.")
}

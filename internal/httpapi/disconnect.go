package httpapi

import (
	"context"
	"time"

	"github.com/psabridge/psabridge/internal/setup"
)

// Former is a connection that was taken down.
type Former struct {
	Endpoint

	State     string    `json:"state" enum:"leaving,kept,erasing,erased" doc:"leaving: being taken down; else what becomes of its data."`
	By        string    `json:"by" doc:"Who disconnected it."`
	At        time.Time `json:"at"`
	Remaining []string  `json:"remaining" nullable:"false" doc:"Data types that ConnectWise may still have callbacks for."`
	Warning   *Warning  `json:"warning,omitempty" doc:"Why callbacks remain, and what to do."`
}

// formerOf is shown while there is something to say: no connection took its
// place, or it is not gone altogether.
func formerOf(st setup.Status) *Former {
	d := st.Former
	if d == nil || st.Connection != nil && d.State != setup.Leaving && d.State != setup.Erasing {
		return nil
	}
	out := &Former{
		Endpoint: endpointOf(d.Connection.Endpoint), State: string(d.State), By: d.By, At: d.At.UTC(), Remaining: typeNames(d.Remaining),
	}
	if d.Warning != nil {
		w := warningOf(*d.Warning)
		out.Warning = &w
	}
	return out
}

func (a *api) registerDisconnect() {
	add(a, operation{
		id: "disconnect", method: "POST", path: "/v1/connection/disconnect", tag: "Connection", access: changes,
		summary: "Take the connection down, and keep or erase its data; safe to press twice",
	}, a.disconnect)
}

type disconnectInput struct {
	Body struct {
		KeepData bool `json:"keepData" doc:"Keep what was synced, for when the same ConnectWise company is connected again; otherwise it is erased."`
	}
}

// Disconnected is what disconnecting led to.
type Disconnected struct {
	Connection Connection `json:"connection"`
	Warnings   []Warning  `json:"warnings" nullable:"false" doc:"What remains at ConnectWise, and what to do."`
}

type disconnectOutput struct {
	ETag string `header:"ETag"`
	Body Disconnected
}

func (a *api) disconnect(ctx context.Context, in *disconnectInput) (*disconnectOutput, error) {
	c := callerOf(ctx)
	done, err := a.Setup.Disconnect(ctx, c.account, c.subject, in.Body.KeepData)
	if err != nil {
		return nil, err
	}
	warnings, _ := listOf(done.Warnings, "", warningOf)
	return &disconnectOutput{ETag: quote(done.Status.Tag), Body: Disconnected{
		Connection: connectionOf(done.Status), Warnings: warnings,
	}}, nil
}

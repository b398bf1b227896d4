package httpapi

import (
	"time"

	"github.com/psabridge/psabridge/internal/permission"
)

// Right is one level of a security role's cell, and what is known of it.
type Right struct {
	Module     string     `json:"module"`
	Permission string     `json:"permission"`
	Level      string     `json:"level" enum:"Add,Edit,Inquire"`
	Table      string     `json:"table,omitempty" doc:"The setup table that is meant, where the cell is Table Setup."`
	Features   []string   `json:"features" nullable:"false" doc:"The features that need it."`
	Sources    []string   `json:"sources" nullable:"false" doc:"Who asks for it: guide1, guide2, or ours if neither does."`
	Optional   bool       `json:"optional" doc:"Whether every feature works in part without it."`
	State      string     `json:"state" enum:"proven,missing,likely,unproven,failed" doc:"proven is only said of what really succeeded."`
	At         *time.Time `json:"at,omitempty" doc:"When this was found; with proven, the date of the success."`
	Detail     string     `json:"detail"`
	Remedy     string     `json:"remedy,omitempty"`
	Code       string     `json:"code,omitempty"`
	Visible    *int       `json:"visible,omitempty" doc:"How many records the API member sees."`
	Unproven   string     `json:"unproven,omitempty" doc:"What a success does not show."`
}

// Loss is what a missing right costs.
type Loss struct {
	Feature string `json:"feature"`
	Label   string `json:"label"`
	Works   bool   `json:"works" doc:"Whether the rest of the feature works."`
	Says    string `json:"says" doc:"What is lost."`
	Right   string `json:"right" doc:"The right to add to the role."`
}

func rightOf(f permission.Finding) Right {
	return Right{
		Module: f.Module, Permission: f.Permission, Level: string(f.Level), Table: f.Table, Features: texts(f.Features),
		Sources: texts(f.Sources), Optional: f.Optional, State: string(f.State), At: optional(f.At.UTC()), Detail: f.Detail,
		Remedy: f.Remedy, Code: string(f.Code), Visible: f.Visible, Unproven: f.Open,
	}
}

func lossOf(l permission.Loss) Loss {
	return Loss{Feature: string(l.Feature), Label: l.Label, Works: l.Works, Says: l.Says, Right: l.Right.String()}
}

// texts is never null.
func texts[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

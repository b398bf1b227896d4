package secretsmanager

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	current  = "AWSCURRENT"
	previous = "AWSPREVIOUS"
)

// state is all secrets by name. It is what the file holds.
type state map[string]*secret

type secret struct {
	Name, ARN   string
	Description string `json:",omitempty"`
	Created     time.Time
	Changed     time.Time
	Deleted     *time.Time `json:",omitempty"` // when it will be gone
	Tags        []tag      `json:",omitempty"`
	Versions    map[string]*version
}

type version struct {
	Created time.Time
	Stages  []string
	String  *string `json:",omitempty"`
	Binary  []byte  `json:",omitempty"`
}

type tag struct{ Key, Value string }

// find looks a secret up by its name, its ARN, or its ARN without the random
// end. A secret whose recovery window has passed is gone.
func (st state) find(id string) *secret {
	found := st[id]
	if strings.HasPrefix(id, "arn:") {
		for _, s := range st {
			if s.ARN == id || s.ARN[:len(s.ARN)-suffixLength-1] == id {
				found = s
			}
		}
	}
	if found != nil && found.Deleted != nil && !time.Now().Before(*found.Deleted) {
		return nil
	}
	return found
}

// withStage returns the version that has a stage.
func (s *secret) withStage(stage string) (id string, v *version) {
	for id, v := range s.Versions {
		if slices.Contains(v.Stages, stage) {
			return id, v
		}
	}
	return "", nil
}

// add puts a version in, moves the stages to it, and forgets versions that
// have none left, as AWS does in time.
func (s *secret) add(id string, v *version) {
	if slices.Contains(v.Stages, current) {
		if _, old := s.withStage(current); old != nil {
			s.drop(previous)
			old.Stages = append(old.Stages, previous)
		}
	}
	for _, stage := range v.Stages {
		s.drop(stage)
	}
	for old, ov := range s.Versions {
		if len(ov.Stages) == 0 {
			delete(s.Versions, old)
		}
	}
	s.Versions[id] = v
	s.Changed = v.Created
}

// drop takes a stage from whichever version has it.
func (s *secret) drop(stage string) {
	for _, v := range s.Versions {
		v.Stages = slices.DeleteFunc(v.Stages, func(has string) bool { return has == stage })
	}
}

// load reads the file's bytes; a missing file is no secrets.
func load(path string) (state, []byte, error) {
	empty := []byte("{}")
	if path == "" {
		return state{}, empty, nil
	}
	if err := os.Remove(unfinished(path)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("clear up the local secrets: %w", err)
	}
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return state{}, empty, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read the local secrets: %w", err)
	}
	st, err := decode(b)
	if err != nil {
		return nil, nil, fmt.Errorf("read the local secrets in %s: %w", path, err)
	}
	return st, b, nil
}

func decode(b []byte) (state, error) {
	st := state{}
	err := json.Unmarshal(b, &st)
	return st, err
}

// save replaces the file whole: after a crash it is the old or the new one.
func save(path string, b []byte) error {
	if path == "" {
		return nil
	}
	tmp, err := os.OpenFile(unfinished(path), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = tmp.Write(b)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return err
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// unfinished is the name under which a file is written. It is always the same
// one, so that a crash leaves one copy of the secrets lying about at most, and
// the next start removes that.
func unfinished(path string) string { return path + ".new" }

// syncDir makes a rename in the folder last.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

package secretsmanager

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/localaws/awsjson"
)

// maxValue is the most bytes of a secret's value.
const maxValue = 65536

type call[In, Out any] = func(context.Context, In) (Out, error)

// read runs a call that changes nothing.
func read[In, Out any](s *Server, f func(In) (Out, error)) call[In, Out] {
	return func(_ context.Context, in In) (Out, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		return f(in)
	}
}

// write runs a call that changes secrets: wholly and lastingly, or not at all.
func write[In, Out any](s *Server, f func(In) (Out, error)) call[In, Out] {
	return func(_ context.Context, in In) (Out, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		out, err := f(in)
		return out, s.commit(err)
	}
}

// live returns a secret that is not scheduled for deletion.
func (s *Server) live(id string) (*secret, error) {
	found := s.state.find(id)
	if found == nil {
		return nil, errNotFound()
	}
	if found.Deleted != nil {
		return nil, errRequest("You can't perform this operation on the secret because it was marked for deletion.")
	}
	return found, nil
}

type value struct {
	SecretString *string `json:",omitempty"`
	SecretBinary []byte  `json:",omitempty"`
}

func (v value) missing() bool { return v.SecretString == nil && v.SecretBinary == nil }

func (v value) check() error {
	if v.SecretString != nil && v.SecretBinary != nil {
		return errParameter("You can't specify both a binary secret value and a string secret value.")
	}
	if len(v.SecretBinary) > maxValue || v.SecretString != nil && len(*v.SecretString) > maxValue {
		return errParameter("The secret value is too long.")
	}
	return nil
}

func (v value) equals(has *version) bool {
	if (v.SecretString == nil) != (has.String == nil) || !bytes.Equal(v.SecretBinary, has.Binary) {
		return false
	}
	return v.SecretString == nil || *v.SecretString == *has.String
}

type createInput struct {
	Name, ClientRequestToken, Description string
	Tags                                  []tag
	value
}

type versionOutput struct {
	ARN, Name     string
	VersionId     string   `json:",omitempty"`
	VersionStages []string `json:",omitempty"`
}

func (s *Server) create(in createInput) (versionOutput, error) {
	if err := checkCreate(in); err != nil {
		return versionOutput{}, err
	}
	if old := s.state.find(in.Name); old != nil {
		return createAgain(old, in)
	}
	now := time.Now().UTC()
	made := &secret{
		Name: in.Name, ARN: s.newARN(in.Name), Description: in.Description,
		Created: now, Changed: now, Tags: in.Tags, Versions: map[string]*version{},
	}
	s.state[in.Name] = made
	out := versionOutput{ARN: made.ARN, Name: made.Name}
	if !in.missing() {
		out.VersionId = in.ClientRequestToken
		made.add(out.VersionId, in.version(now, current))
	}
	return out, nil
}

func (v value) version(now time.Time, stages ...string) *version {
	return &version{Created: now, Stages: stages, String: v.SecretString, Binary: v.SecretBinary}
}

func checkCreate(in createInput) error {
	if !validName(in.Name) {
		return errParameter("Invalid name. Must be a valid name containing alphanumeric characters, or any of: -/_+=.@!")
	}
	if err := checkToken(in.ClientRequestToken); err != nil {
		return err
	}
	return in.check()
}

// checkToken wants what SDKs send by themselves.
func checkToken(token string) error {
	if len(token) < 32 || len(token) > 64 {
		return errParameter("You must provide a ClientRequestToken of 32 to 64 characters.")
	}
	return nil
}

// createAgain answers a creation of a name that is taken: the same call again
// has the same answer.
func createAgain(old *secret, in createInput) (versionOutput, error) {
	if old.Deleted != nil {
		return versionOutput{}, errRequest("A secret with this name is already scheduled for deletion.")
	}
	if v := old.Versions[in.ClientRequestToken]; v != nil && in.equals(v) {
		return versionOutput{ARN: old.ARN, Name: old.Name, VersionId: in.ClientRequestToken}, nil
	}
	return versionOutput{}, errExists("The operation failed because the secret " + in.Name + " already exists.")
}

func validName(name string) bool {
	return name != "" && len(name) <= 512 && !strings.ContainsFunc(name, func(r rune) bool {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9'
		return !letter && !strings.ContainsRune("-/_+=.@!", r)
	})
}

type putInput struct {
	SecretId, ClientRequestToken string
	VersionStages                []string
	value
}

func (s *Server) put(in putInput) (versionOutput, error) {
	found, err := s.live(in.SecretId)
	if err != nil {
		return versionOutput{}, err
	}
	if in.missing() {
		return versionOutput{}, errRequest("You must provide either SecretString or SecretBinary.")
	}
	if err := in.check(); err != nil {
		return versionOutput{}, err
	}
	if err := checkToken(in.ClientRequestToken); err != nil {
		return versionOutput{}, err
	}
	v := found.Versions[in.ClientRequestToken]
	switch {
	case v == nil:
		stages := slices.Clone(in.VersionStages)
		if len(stages) == 0 {
			stages = []string{current}
		}
		v = in.version(time.Now().UTC(), stages...)
		found.add(in.ClientRequestToken, v)
	case !in.equals(v):
		return versionOutput{}, errExists("You can't change the value of an existing version.")
	}
	return versionOutput{
		ARN: found.ARN, Name: found.Name, VersionId: in.ClientRequestToken, VersionStages: v.Stages,
	}, nil
}

type getInput struct{ SecretId, VersionId, VersionStage string }

type getOutput struct {
	versionOutput
	CreatedDate awsjson.Time
	value
}

func (s *Server) get(in getInput) (getOutput, error) {
	found, err := s.live(in.SecretId)
	if err != nil {
		return getOutput{}, err
	}
	id, v := in.VersionId, found.Versions[in.VersionId]
	if in.VersionId == "" {
		stage := in.VersionStage
		if stage == "" {
			stage = current
		}
		id, v = found.withStage(stage)
	} else if v != nil && in.VersionStage != "" && !slices.Contains(v.Stages, in.VersionStage) {
		v = nil
	}
	if v == nil {
		return getOutput{}, errNoVersion()
	}
	return getOutput{
		versionOutput: versionOutput{ARN: found.ARN, Name: found.Name, VersionId: id, VersionStages: v.Stages},
		CreatedDate:   awsjson.Time(v.Created), value: value{SecretString: v.String, SecretBinary: v.Binary},
	}, nil
}

package secretsmanager

import (
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/localaws/awsjson"
)

type deleteInput struct {
	SecretId                   string
	RecoveryWindowInDays       *int
	ForceDeleteWithoutRecovery bool
}

type deleteOutput struct {
	ARN          string `json:",omitempty"`
	Name         string
	DeletionDate awsjson.Time
}

func (s *Server) delete(in deleteInput) (deleteOutput, error) {
	days := 30
	if in.RecoveryWindowInDays != nil {
		days = *in.RecoveryWindowInDays
		if in.ForceDeleteWithoutRecovery || days < 7 || days > 30 {
			return deleteOutput{}, errParameter("The recovery window is 7 to 30 days, and not with a forced deletion.")
		}
	}
	now := time.Now().UTC()
	if in.ForceDeleteWithoutRecovery {
		return s.erase(in.SecretId, now), nil
	}
	found, err := s.live(in.SecretId)
	if err != nil {
		return deleteOutput{}, err
	}
	at := now.AddDate(0, 0, days)
	found.Deleted = &at
	return deleteOutput{ARN: found.ARN, Name: found.Name, DeletionDate: awsjson.Time(at)}, nil
}

// erase deletes at once. As at AWS, a secret that is not there is no error.
func (s *Server) erase(id string, now time.Time) deleteOutput {
	out := deleteOutput{Name: id, DeletionDate: awsjson.Time(now)}
	if found := s.state.find(id); found != nil {
		out.ARN, out.Name = found.ARN, found.Name
		delete(s.state, found.Name)
	}
	return out
}

type idInput struct{ SecretId string }

type idOutput struct{ ARN, Name string }

func (s *Server) restore(in idInput) (idOutput, error) {
	found := s.state.find(in.SecretId)
	if found == nil {
		return idOutput{}, errNotFound()
	}
	found.Deleted = nil
	return idOutput{ARN: found.ARN, Name: found.Name}, nil
}

type description struct {
	ARN, Name              string
	Description            string        `json:",omitempty"`
	CreatedDate            awsjson.Time  `json:",omitzero"`
	LastChangedDate        awsjson.Time  `json:",omitzero"`
	DeletedDate            *awsjson.Time `json:",omitempty"`
	Tags                   []tag
	VersionIdsToStages     map[string][]string `json:",omitempty"`
	SecretVersionsToStages map[string][]string `json:",omitempty"` // the same, in ListSecrets
}

func newDescription(s *secret) description {
	d := description{
		ARN: s.ARN, Name: s.Name, Description: s.Description, Tags: s.Tags,
		CreatedDate: awsjson.Time(s.Created), LastChangedDate: awsjson.Time(s.Changed),
	}
	if s.Deleted != nil {
		at := awsjson.Time(*s.Deleted)
		d.DeletedDate = &at
	}
	return d
}

func (s *secret) stages() map[string][]string {
	out := map[string][]string{}
	for id, v := range s.Versions {
		out[id] = v.Stages
	}
	return out
}

func (s *Server) describe(in idInput) (description, error) {
	found := s.state.find(in.SecretId)
	if found == nil {
		return description{}, errNotFound()
	}
	d := newDescription(found)
	d.VersionIdsToStages = found.stages()
	return d, nil
}

type listInput struct {
	Filters                []filter
	MaxResults             *int
	NextToken              string
	IncludePlannedDeletion bool
}

type filter struct {
	Key    string
	Values []string
}

type listOutput struct {
	SecretList []description
	NextToken  string `json:",omitempty"`
}

// list pages by name: a token is the last name of the page before.
func (s *Server) list(in listInput) (listOutput, error) {
	after, err := base64.StdEncoding.DecodeString(in.NextToken)
	if err != nil {
		return listOutput{}, &awsjson.Error{Type: "InvalidNextTokenException", Message: "The NextToken value is invalid."}
	}
	limit := 100
	if in.MaxResults != nil {
		limit = *in.MaxResults
	}
	if limit < 1 || limit > 100 {
		return listOutput{}, errParameter("MaxResults is 1 to 100.")
	}
	out := listOutput{SecretList: []description{}}
	for _, name := range slices.Sorted(maps.Keys(s.state)) {
		found := s.state.find(name)
		if name <= string(after) || found == nil || found.Deleted != nil && !in.IncludePlannedDeletion {
			continue
		}
		ok, err := passes(found, in.Filters)
		if err != nil {
			return listOutput{}, err
		}
		if !ok {
			continue
		}
		if len(out.SecretList) == limit {
			last := out.SecretList[limit-1].Name
			out.NextToken = base64.StdEncoding.EncodeToString([]byte(last))
			break
		}
		d := newDescription(found)
		d.SecretVersionsToStages = found.stages()
		out.SecretList = append(out.SecretList, d)
	}
	return out, nil
}

// passes applies filters, all of which must hold; of one filter's values one
// is enough.
func passes(s *secret, filters []filter) (bool, error) {
	for _, f := range filters {
		if f.Key != "name" {
			return false, errParameter("The filter " + f.Key + " is not offered locally.")
		}
		hasPrefix := func(prefix string) bool { return strings.HasPrefix(s.Name, prefix) }
		if !slices.ContainsFunc(f.Values, hasPrefix) {
			return false, nil
		}
	}
	return true, nil
}

type empty struct{}

type tagInput struct {
	SecretId string
	Tags     []tag
}

func (s *Server) tag(in tagInput) (empty, error) {
	found, err := s.live(in.SecretId)
	if err != nil {
		return empty{}, err
	}
	for _, t := range in.Tags {
		found.untag(t.Key)
		found.Tags = append(found.Tags, t)
	}
	return empty{}, nil
}

type untagInput struct {
	SecretId string
	TagKeys  []string
}

func (s *Server) untag(in untagInput) (empty, error) {
	found, err := s.live(in.SecretId)
	if err != nil {
		return empty{}, err
	}
	for _, key := range in.TagKeys {
		found.untag(key)
	}
	return empty{}, nil
}

func (s *secret) untag(key string) {
	s.Tags = slices.DeleteFunc(s.Tags, func(t tag) bool { return t.Key == key })
}

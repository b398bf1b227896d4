package webhook

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/psabridge/psabridge/internal/callback"
	"github.com/psabridge/psabridge/internal/psa"
)

// table reads callback endpoints as package dynamo stores them; a test holds
// the two together.
type table struct {
	caller *caller
	name   string
}

var _ callback.Endpoints = (*table)(nil)

// dynamoURL is the region's.
func dynamoURL(region string) string {
	domain := "amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		domain += ".cn"
	}
	return "https://dynamodb." + region + "." + domain
}

// value is an attribute, of the kinds that an endpoint has.
type value struct {
	S    string  `json:"S,omitempty"`
	N    string  `json:"N,omitempty"`
	BOOL bool    `json:"BOOL,omitempty"`
	L    []value `json:"L,omitempty"`
}

type getItem struct {
	TableName      string           `json:"TableName"`
	Key            map[string]value `json:"Key"`
	ConsistentRead bool             `json:"ConsistentRead"`
}

// CallbackEndpoint implements callback.Endpoints.
func (t *table) CallbackEndpoint(ctx context.Context, connectionID string) (psa.CallbackEndpoint, error) {
	if connectionID == "" || len(connectionID) > 100 || strings.ContainsAny(connectionID, "%#") {
		return psa.CallbackEndpoint{}, fmt.Errorf("callback endpoint: %w", psa.ErrNotFound) // no id of ours
	}
	in := getItem{
		TableName: t.name, ConsistentRead: true,
		Key: map[string]value{"pk": {S: "c#" + connectionID}, "sk": {S: "callback"}},
	}
	var out struct {
		Item map[string]value `json:"Item"`
	}
	if err := t.caller.do(ctx, "DynamoDB_20120810.GetItem", in, &out); err != nil {
		return psa.CallbackEndpoint{}, err
	}
	if len(out.Item) == 0 {
		return psa.CallbackEndpoint{}, fmt.Errorf("callback endpoint: %w", psa.ErrNotFound)
	}
	generation, err := strconv.ParseInt(out.Item["generation"].N, 10, 64)
	if err != nil || out.Item["account"].S == "" {
		return psa.CallbackEndpoint{}, errors.New("callback endpoint: the item cannot be read")
	}
	e := psa.CallbackEndpoint{
		ConnectionID: connectionID, CompanyID: out.Item["companyId"].S, Paused: out.Item["paused"].BOOL,
		Scope: psa.Scope{Account: psa.AccountID(out.Item["account"].S), Generation: psa.Generation(generation)},
	}
	for _, hash := range out.Item["hashes"].L {
		e.TokenHashes = append(e.TokenHashes, hash.S)
	}
	return e, nil
}

// newTable reads the table that the configuration names.
func newTable(ctx context.Context, cfg aws.Config, c caller, name string) *table {
	c.service, c.url = "dynamodb", endpointOf(ctx, cfg, "DynamoDB", dynamoURL(cfg.Region))
	return &table{caller: &c, name: name}
}

package template

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

type queueProperties struct {
	QueueName                                        string
	VisibilityTimeout, DelaySeconds                  *Int
	MessageRetentionPeriod, MaximumMessageSize       *Int
	ReceiveMessageWaitTimeSeconds                    *Int
	FifoQueue, ContentBasedDeduplication             *Bool
	RedrivePolicy                                    *redrivePolicy
	SqsManagedSseEnabled, KmsMasterKeyId             ignored //nolint:revive // CloudFormation's own spelling
	KmsDataKeyReusePeriodSeconds, RedriveAllowPolicy ignored
	Tags                                             ignored
}

type redrivePolicy struct {
	DeadLetterTargetArn string `json:"deadLetterTargetArn"`
	MaxReceiveCount     Int    `json:"maxReceiveCount"`
}

const defaultVisibility = 30

func (b *builder) queue(r *resource, path string, properties any) error {
	var p queueProperties
	if err := decode(path, properties, &p); err != nil {
		return err
	}
	name, arn, err := b.names(r, path)
	if err != nil {
		return err
	}
	q := Queue{
		ID: r.id, Name: name, ARN: arn, Attributes: map[string]string{},
		Visibility: seconds(p.VisibilityTimeout, defaultVisibility),
	}
	for attribute, value := range map[string]*Int{
		"DelaySeconds": p.DelaySeconds, "MessageRetentionPeriod": p.MessageRetentionPeriod,
		"MaximumMessageSize": p.MaximumMessageSize, "ReceiveMessageWaitTimeSeconds": p.ReceiveMessageWaitTimeSeconds,
	} {
		if value != nil {
			q.Attributes[attribute] = strconv.Itoa(int(*value))
		}
	}
	for attribute, value := range map[string]*Bool{
		"FifoQueue": p.FifoQueue, "ContentBasedDeduplication": p.ContentBasedDeduplication,
	} {
		if value != nil {
			q.Attributes[attribute] = strconv.FormatBool(bool(*value))
		}
	}
	if p.RedrivePolicy != nil {
		q.DeadLetterARN, q.MaxReceive = p.RedrivePolicy.DeadLetterTargetArn, int(p.RedrivePolicy.MaxReceiveCount)
	}
	b.out.Queues = append(b.out.Queues, q)
	return nil
}

// Redrive is the queue's RedrivePolicy attribute, empty where it has none.
func (q Queue) Redrive() string {
	if q.DeadLetterARN == "" {
		return ""
	}
	data, err := json.Marshal(map[string]any{
		"deadLetterTargetArn": q.DeadLetterARN, "maxReceiveCount": q.MaxReceive,
	})
	if err != nil { // a string and an int always marshal
		return ""
	}
	return string(data)
}

// VisibilitySeconds is the queue's VisibilityTimeout attribute when time runs
// faster by the given factor: never less than a second.
func (q Queue) VisibilitySeconds(speed float64) string {
	scaled := time.Duration(float64(q.Visibility) / speed)
	n := int((scaled + time.Second - 1) / time.Second)
	if q.Visibility > 0 {
		n = max(n, 1)
	}
	return strconv.Itoa(n)
}

// TableDefinition is the part of a table's properties that CreateTable takes.
type TableDefinition struct {
	AttributeDefinitions   []Attribute
	KeySchema              []Key
	GlobalSecondaryIndexes []Index
	TimeToLive             string // the attribute; empty for none
}

// Attribute declares a key attribute.
type Attribute struct{ AttributeName, AttributeType string }

// Key is one element of a key schema.
type Key struct{ AttributeName, KeyType string }

// Index is a global secondary index.
type Index struct {
	IndexName  string
	KeySchema  []Key
	Projection struct {
		ProjectionType   string
		NonKeyAttributes []string
	}
}

type tableProperties struct {
	TableName, BillingMode string
	AttributeDefinitions   []Attribute
	KeySchema              []Key
	GlobalSecondaryIndexes []Index

	TimeToLiveSpecification struct {
		AttributeName string
		Enabled       Bool
	}
	DeletionProtectionEnabled, PointInTimeRecoverySpecification ignored
	SSESpecification, Tags, ContributorInsightsSpecification    ignored
	OnDemandThroughput, WarmThroughput, TableClass              ignored
}

func (b *builder) table(r *resource, path string, properties any) error {
	var p tableProperties
	if err := decode(path, properties, &p); err != nil {
		return err
	}
	name, arn, err := b.names(r, path)
	if err != nil {
		return err
	}
	if p.BillingMode != "PAY_PER_REQUEST" {
		return fail(path, "BillingMode must be PAY_PER_REQUEST")
	}
	t := Table{ID: r.id, Name: name, ARN: arn, Definition: TableDefinition{
		AttributeDefinitions: p.AttributeDefinitions, KeySchema: p.KeySchema,
		GlobalSecondaryIndexes: p.GlobalSecondaryIndexes,
	}}
	if p.TimeToLiveSpecification.Enabled {
		t.Definition.TimeToLive = p.TimeToLiveSpecification.AttributeName
	}
	if err := t.Definition.check(); err != nil {
		return fail(path, "%v", err)
	}
	b.out.Tables = append(b.out.Tables, t)
	return nil
}

// check: DynamoDB wants exactly the attributes that keys use to be declared.
func (d TableDefinition) check() error {
	used := map[string]bool{}
	for _, k := range d.KeySchema {
		used[k.AttributeName] = true
	}
	for _, i := range d.GlobalSecondaryIndexes {
		for _, k := range i.KeySchema {
			used[k.AttributeName] = true
		}
	}
	for _, a := range d.AttributeDefinitions {
		if !used[a.AttributeName] {
			return fmt.Errorf("the attribute %s is declared and in no key", a.AttributeName)
		}
		delete(used, a.AttributeName)
	}
	for _, name := range keys(used) {
		return fmt.Errorf("the key attribute %s is not declared", name)
	}
	return nil
}

func (b *builder) bus(r *resource, path string, properties any) error {
	var p struct {
		Name                                        string
		Description, DeadLetterConfig, Policy, Tags ignored
		KmsKeyIdentifier, LogConfig                 ignored
	}
	if err := decode(path, properties, &p); err != nil {
		return err
	}
	if p.Name == "" {
		return fail(path, "a bus must have a name")
	}
	name, arn, err := b.names(r, path)
	b.out.Buses = append(b.out.Buses, Bus{ID: r.id, Name: name, ARN: arn})
	return err
}

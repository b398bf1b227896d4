package host

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dynamotypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/psabridge/psabridge/internal/localaws/host/template"
)

const resourceTimeout = 20 * time.Second

// ErrOutdated means that the data folder holds a table of another shape than
// the template's. CloudFormation would change or replace it; here it is to be
// deleted by hand.
var ErrOutdated = errors.New("the data folder holds another shape of a table: delete the folder")

// createResources makes the template's tables and queues where they are
// missing, and keeps what is in them.
func (h *Host) createResources(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, resourceTimeout)
	defer cancel()
	config := h.config.Endpoints.AWSConfig()
	db := dynamodb.NewFromConfig(config)
	for _, t := range h.template.Tables {
		if err := createTable(ctx, db, t); err != nil {
			return fmt.Errorf("create the table %s: %w", t.Name, err)
		}
	}
	h.sqs = sqs.NewFromConfig(config)
	return h.createQueues(ctx)
}

// createQueues makes dead-letter queues first, since others name them.
func (h *Host) createQueues(ctx context.Context) error {
	for _, first := range []bool{true, false} {
		for _, q := range h.template.Queues {
			if (q.DeadLetterARN == "") != first {
				continue
			}
			if err := h.createQueue(ctx, q); err != nil {
				return fmt.Errorf("create the queue %s: %w", q.Name, err)
			}
		}
	}
	return nil
}

func (h *Host) createQueue(ctx context.Context, q template.Queue) error {
	attributes := maps.Clone(q.Attributes)
	attributes["VisibilityTimeout"] = q.VisibilitySeconds(h.config.Speed)
	if redrive := q.Redrive(); redrive != "" {
		attributes["RedrivePolicy"] = redrive
	}
	out, err := h.sqs.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &q.Name, Attributes: attributes})
	if exists := new(sqstypes.QueueNameExists); errors.As(err, &exists) {
		return h.updateQueue(ctx, q, attributes)
	}
	if err != nil {
		return err
	}
	return sameQueue(*out.QueueUrl, h.queueURL(q.Name))
}

// updateQueue: a queue that was made with other attributes gets these.
func (h *Host) updateQueue(ctx context.Context, q template.Queue, attributes map[string]string) error {
	_, err := h.sqs.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{
		QueueUrl: aws.String(h.queueURL(q.Name)), Attributes: attributes,
	})
	return err
}

// sameQueue compares paths: clients ignore the host of a queue's URL.
func sameQueue(got, want string) error {
	g, err := url.Parse(got)
	if err != nil {
		return err
	}
	w, err := url.Parse(want)
	if err != nil {
		return err
	}
	if g.Path != w.Path {
		return fmt.Errorf("its path is %s and not %s", g.Path, w.Path)
	}
	return nil
}

func createTable(ctx context.Context, db *dynamodb.Client, t template.Table) error {
	_, err := db.CreateTable(ctx, tableInput(t))
	if exists := new(dynamotypes.ResourceInUseException); errors.As(err, &exists) {
		return compareTable(ctx, db, t)
	}
	if err != nil {
		return err
	}
	waiter := dynamodb.NewTableExistsWaiter(db, func(o *dynamodb.TableExistsWaiterOptions) {
		o.MinDelay, o.MaxDelay = 20*time.Millisecond, time.Second
	})
	if err := waiter.Wait(ctx, &dynamodb.DescribeTableInput{TableName: &t.Name}, resourceTimeout); err != nil {
		return err
	}
	if t.Definition.TimeToLive == "" {
		return nil
	}
	_, err = db.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: &t.Name,
		TimeToLiveSpecification: &dynamotypes.TimeToLiveSpecification{
			AttributeName: &t.Definition.TimeToLive, Enabled: aws.Bool(true),
		},
	})
	return err
}

func tableInput(t template.Table) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		TableName: &t.Name, BillingMode: dynamotypes.BillingModePayPerRequest,
		KeySchema: keySchema(t.Definition.KeySchema),
	}
	for _, a := range t.Definition.AttributeDefinitions {
		in.AttributeDefinitions = append(in.AttributeDefinitions, dynamotypes.AttributeDefinition{
			AttributeName: aws.String(a.AttributeName), AttributeType: dynamotypes.ScalarAttributeType(a.AttributeType),
		})
	}
	for _, i := range t.Definition.GlobalSecondaryIndexes {
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, dynamotypes.GlobalSecondaryIndex{
			IndexName: aws.String(i.IndexName), KeySchema: keySchema(i.KeySchema),
			Projection: &dynamotypes.Projection{
				ProjectionType:   dynamotypes.ProjectionType(i.Projection.ProjectionType),
				NonKeyAttributes: i.Projection.NonKeyAttributes,
			},
		})
	}
	return in
}

func keySchema(list []template.Key) []dynamotypes.KeySchemaElement {
	out := make([]dynamotypes.KeySchemaElement, len(list))
	for i, k := range list {
		out[i] = dynamotypes.KeySchemaElement{AttributeName: aws.String(k.AttributeName), KeyType: dynamotypes.KeyType(k.KeyType)}
	}
	return out
}

// compareTable holds an existing table against the template's.
func compareTable(ctx context.Context, db *dynamodb.Client, t template.Table) error {
	out, err := db.DescribeTable(ctx, &dynamodb.DescribeTableInput{TableName: &t.Name})
	if err != nil {
		return err
	}
	want := map[string]string{"": schemaText(keySchema(t.Definition.KeySchema))}
	for _, i := range t.Definition.GlobalSecondaryIndexes {
		want[i.IndexName] = schemaText(keySchema(i.KeySchema)) + i.Projection.ProjectionType
	}
	got := map[string]string{"": schemaText(out.Table.KeySchema)}
	for _, i := range out.Table.GlobalSecondaryIndexes {
		got[*i.IndexName] = schemaText(i.KeySchema) + string(i.Projection.ProjectionType)
	}
	if !maps.Equal(want, got) {
		return ErrOutdated
	}
	return nil
}

func schemaText(list []dynamotypes.KeySchemaElement) string {
	var s strings.Builder
	for _, k := range list {
		s.WriteString(*k.AttributeName + " " + string(k.KeyType) + ",")
	}
	return s.String()
}

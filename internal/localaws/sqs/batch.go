package sqs

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/psabridge/psabridge/internal/localaws/awsjson"
)

// batchOutput answers a batch: some entries may fail alone.
type batchOutput[T any] struct {
	Successful []T
	Failed     []failure
}

type failure struct {
	Id, Code, Message string
	SenderFault       bool
}

type entryID struct{ Id string }

// batch carries out each entry alone, after AWS's checks of the whole.
func batch[E, T any](entries []E, id func(E) string, each func(E) (T, error)) (batchOutput[T], error) {
	out := batchOutput[T]{Successful: []T{}, Failed: []failure{}}
	if err := checkBatch(entries, id); err != nil {
		return out, err
	}
	for _, e := range entries {
		done, err := each(e)
		if err != nil {
			out.Failed = append(out.Failed, newFailure(id(e), err))
			continue
		}
		out.Successful = append(out.Successful, done)
	}
	return out, nil
}

func checkBatch[E any](entries []E, id func(E) string) error {
	if len(entries) == 0 {
		return errBatch("EmptyBatchRequest", "There should be at least one entry in the request.")
	}
	if len(entries) > 10 {
		return errBatch("TooManyEntriesInBatchRequest", "Maximum number of entries per request are 10.")
	}
	seen := map[string]bool{}
	for _, e := range entries {
		if !validName(id(e)) {
			return errBatch("InvalidBatchEntryId", "The id of an entry is not allowed.")
		}
		if seen[id(e)] {
			return errBatch("BatchEntryIdsNotDistinct", "Two entries have the same id.")
		}
		seen[id(e)] = true
	}
	return nil
}

func newFailure(id string, err error) failure {
	f := failure{Id: id, Code: "InternalError", Message: err.Error()}
	if e, ok := errors.AsType[*awsjson.Error](err); ok {
		f.SenderFault, f.Message, f.Code = true, e.Message, e.Query
		if f.Code == "" {
			f.Code = e.Type[strings.Index(e.Type, "#")+1:]
		}
	}
	return f
}

type sendBatchInput struct {
	QueueUrl string
	Entries  []sendEntry
}

func (s *Server) sendMessageBatch(_ context.Context, in sendBatchInput) (batchOutput[sendOutput], error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return batchOutput[sendOutput]{}, err
	}
	total := 0
	for _, e := range in.Entries {
		total += size(e)
	}
	if total > maxMessage {
		return batchOutput[sendOutput]{}, errBatch("BatchRequestTooLong", "The messages of a batch are too long together.")
	}
	return batch(in.Entries, func(e sendEntry) string { return e.Id },
		func(e sendEntry) (sendOutput, error) { return send(q, e) })
}

type deleteEntry struct{ Id, ReceiptHandle string }

type deleteInput struct{ QueueUrl, ReceiptHandle string }

func (s *Server) deleteMessage(_ context.Context, in deleteInput) (empty, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return empty{}, err
	}
	return empty{}, q.delete(in.ReceiptHandle)
}

type deleteBatchInput struct {
	QueueUrl string
	Entries  []deleteEntry
}

func (s *Server) deleteMessageBatch(_ context.Context, in deleteBatchInput) (batchOutput[entryID], error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return batchOutput[entryID]{}, err
	}
	return batch(in.Entries, func(e deleteEntry) string { return e.Id },
		func(e deleteEntry) (entryID, error) { return entryID{e.Id}, q.delete(e.ReceiptHandle) })
}

type visibilityEntry struct {
	Id, ReceiptHandle string
	VisibilityTimeout int
}

type visibilityInput struct {
	QueueUrl string
	visibilityEntry
}

func changeVisibility(q *queue, e visibilityEntry) error {
	if e.VisibilityTimeout < 0 || e.VisibilityTimeout > 43200 {
		return errValue("Value %d for parameter VisibilityTimeout is invalid.", e.VisibilityTimeout)
	}
	return q.changeVisibility(e.ReceiptHandle, time.Duration(e.VisibilityTimeout)*time.Second)
}

func (s *Server) changeMessageVisibility(_ context.Context, in visibilityInput) (empty, error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return empty{}, err
	}
	return empty{}, changeVisibility(q, in.visibilityEntry)
}

type visibilityBatchInput struct {
	QueueUrl string
	Entries  []visibilityEntry
}

func (s *Server) changeMessageVisibilityBatch(
	_ context.Context, in visibilityBatchInput,
) (batchOutput[entryID], error) {
	q, err := s.byURL(in.QueueUrl)
	if err != nil {
		return batchOutput[entryID]{}, err
	}
	return batch(in.Entries, func(e visibilityEntry) string { return e.Id },
		func(e visibilityEntry) (entryID, error) { return entryID{e.Id}, changeVisibility(q, e) })
}

module github.com/psabridge/psabridge

go 1.26

ignore ./internal/console/app/node_modules

ignore ./internal/localaws/services/node_modules

from tests.board.fixtures import board, board_path, connect, factory, outside

__all__ = ["board", "board_path", "connect", "factory", "outside"]

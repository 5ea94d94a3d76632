"""What every error code says to a person, Vietnamese first. A code without words fails a test."""

from collections.abc import Mapping

MESSAGES: Mapping[str, tuple[str, str]] = {
    # reading the request
    "malformed": ("Không đọc được yêu cầu.", "The request cannot be read."),
    "invalid_input": ("Dữ liệu gửi lên chưa hợp lệ.", "The data sent is not valid."),
    "too_large": ("Dữ liệu gửi lên quá lớn.", "The data sent is too large."),
    "no_such_path": ("Không có địa chỉ này.", "There is nothing at this address."),
    "method_not_allowed": ("Địa chỉ này không nhận thao tác đó.", "This address does not take that method."),
    "missing_csrf_header": (
        "Yêu cầu bị từ chối vì thiếu tiêu đề bảo vệ X-Lophop.",
        "Refused: the protecting header X-Lophop is missing.",
    ),
    "internal_error": ("Máy chủ gặp lỗi. Hãy thử lại.", "The server failed. Please try again."),
    "busy": ("Máy chủ đang bận. Hãy thử lại.", "The server is busy. Please try again."),
    "conflict": ("Dữ liệu vừa bị người khác thay đổi. Hãy thử lại.", "Somebody else just changed this. Try again."),
    # signing in
    "not_signed_in": ("Bạn chưa đăng nhập.", "You are not signed in."),
    "wrong_credentials": ("Tên đăng nhập hoặc mật khẩu không đúng.", "Wrong login or password."),
    "too_many_attempts": (
        "Đăng nhập sai quá nhiều lần. Hãy thử lại sau {wait_s} giây.",
        "Too many failed attempts. Try again in {wait_s} seconds.",
    ),
    "setup_link_dead": (
        "Liên kết thiết lập không đúng, đã hết hạn hoặc đã được dùng.",
        "The setup link is wrong, expired or already used.",
    ),
    "password_too_short": ("Mật khẩu cần ít nhất 8 ký tự.", "The password needs at least 8 characters."),
    # rights
    "not_administrator_here": ("Bạn không quản trị đơn vị này.", "You do not administer this unit."),
    "not_manager_here": ("Bạn không quản lý đơn vị này.", "You do not manage this unit."),
    "not_enrolled": ("Bạn không có trong danh sách lớp này.", "You are not enrolled in this course."),
    "not_host": ("Chỉ người chủ trì hoặc người quản lý được làm việc này.", "Only the host or a manager may do this."),
    "role_beyond_own": (
        "Bạn không thể trao vai trò ở đơn vị mà bạn không quản trị.",
        "You cannot give a role in a unit you do not administer.",
    ),
    "last_administrator": (
        "Phải còn ít nhất một người quản trị ở đơn vị cao nhất.",
        "At least one administrator of the top unit must remain.",
    ),
    # units
    "unit_not_found": ("Không tìm thấy đơn vị.", "No such unit."),
    "unit_code_taken": ("Mã đơn vị đã có.", "The unit code is already in use."),
    "unit_under_itself": ("Không thể chuyển đơn vị vào bên trong chính nó.", "A unit cannot move below itself."),
    "unit_too_deep": ("Cây đơn vị quá sâu.", "The tree of units is too deep."),
    "unit_not_empty": (
        "Đơn vị còn người, đơn vị con, vai trò hoặc khóa học nên chưa xóa được.",
        "The unit still holds people, units, roles or courses.",
    ),
    "unit_is_root": ("Không thể chuyển hoặc xóa đơn vị cao nhất.", "The top unit cannot be moved or removed."),
    # people
    "person_not_found": ("Không tìm thấy người này.", "No such person."),
    "name_empty": ("Họ và tên không được để trống.", "The name must not be empty."),
    "login_taken": ("Tên đăng nhập đã có người dùng.", "The login is already in use."),
    # courses and sessions
    "course_not_found": ("Không tìm thấy khóa học.", "No such course."),
    "session_not_found": ("Không tìm thấy buổi học.", "No such session."),
    "session_ends_before_start": ("Giờ kết thúc phải sau giờ bắt đầu.", "The end must be after the start."),
    "session_too_long": ("Buổi học dài quá 24 giờ.", "The session is longer than 24 hours."),
    "session_started": (
        "Buổi học đã bắt đầu nên không đổi được mục này.",
        "The session has started: this can no longer change.",
    ),
    "session_ended": ("Buổi học đã kết thúc.", "The session has ended."),
    "session_not_open_yet": ("Buổi học chưa mở cửa. Hãy quay lại lúc {opens_at}.", "Not open yet: opens {opens_at}."),
    "live_unavailable": (
        "Máy chủ phòng họp chưa sẵn sàng. Hãy thử lại sau ít giây.",
        "The live server is not ready. Try again in a few seconds.",
    ),
    # evidence and replay
    "session_not_begun": ("Buổi học chưa diễn ra.", "The session has not taken place."),
    "report_malformed": ("Báo cáo xem lại không hợp lệ.", "The replay report makes no sense."),
    "report_too_fast": ("Tốc độ xem lại vượt quá 2 lần.", "Replayed faster than twice the speed."),
    "report_more_than_wall_time": (
        "Không thể xem chừng ấy nội dung trong khoảng thời gian đã báo.",
        "So much cannot be watched in the time reported.",
    ),
    "report_in_the_future": ("Báo cáo xem lại ở thời điểm chưa tới.", "The report lies in the future."),
    "report_outside_recording": ("Đoạn báo cáo nằm ngoài bản ghi.", "The piece is outside the recording."),
    "report_before_recording": (
        "Đoạn này chưa được ghi vào lúc báo là đã xem.",
        "This piece had not been recorded when it is said to have been watched.",
    ),
    "report_overlaps_in_time": (
        "Cùng lúc đó đã có một đoạn xem lại khác được tính.",
        "Another replay was already counted for the same time.",
    ),
    "report_id_reused": ("Mã báo cáo đã dùng cho đoạn khác.", "The report id was used for another piece."),
    "replay_not_found": ("Buổi học này không có bản ghi.", "This session has no replay."),
    "file_not_found": ("Không có tệp này trong bản ghi.", "No such file in the replay."),
    "item_not_found": ("Không tìm thấy học liệu.", "No such library item."),
    # webhooks
    "bad_signature": ("Chữ ký webhook không đúng.", "The webhook's signature is wrong."),
    # reading files
    "csv_not_utf8": ("Tệp phải ở dạng UTF-8.", "The file must be UTF-8."),
    "csv_unreadable": ("Dòng này không đúng dạng CSV.", "This line is not valid CSV."),
    "csv_empty": ("Tệp không có dòng dữ liệu nào.", "The file has no rows."),
    "csv_too_many_rows": ("Tệp có quá nhiều dòng (tối đa {limit}).", "The file has too many rows (at most {limit})."),
    "csv_missing_column": ("Thiếu cột «{name}».", "The column “{name}” is missing."),
    "csv_unknown_column": ("Không biết cột «{name}».", "Unknown column “{name}”."),
    "csv_repeated_column": ("Cột «{name}» bị lặp.", "The column “{name}” is repeated."),
    "cell_count": ("Số ô khác số cột của dòng tiêu đề.", "The number of cells differs from the header."),
    "cell_empty": ("Ô này không được để trống.", "This cell must not be empty."),
    "cell_control": ("Ô này có ký tự điều khiển.", "This cell holds control characters."),
    "cell_too_long": ("Nội dung quá dài.", "The content is too long."),
    "bad_code": ("Mã chỉ gồm chữ không dấu, số và . _ -", "A code has only plain letters, digits and . _ -"),
    "bad_login": (
        "Tên đăng nhập chỉ gồm chữ không dấu, số và . _ - @ +",
        "A login has only plain letters, digits and . _ - @ +",
    ),
    "bad_role": ("Vai trò không hợp lệ: {value}.", "Unknown role: {value}."),
    "repeated_code": ("Mã này đã có ở dòng {first}.", "This code is already on line {first}."),
    "repeated_login": ("Tên đăng nhập này đã có ở dòng {first}.", "This login is already on line {first}."),
    "unknown_unit": ("Không có đơn vị mang mã «{value}».", "No unit has the code “{value}”."),
    "unit_cycle": ("Đơn vị cấp trên tạo thành vòng.", "The parents form a circle."),
    "unit_out_of_reach": ("Bạn không quản trị đơn vị «{value}».", "You do not administer the unit “{value}”."),
    "person_out_of_reach": (
        "Người này thuộc đơn vị mà bạn không quản trị.",
        "This person belongs to a unit you do not administer.",
    ),
    "file_field_missing": ("Biểu mẫu thiếu tệp.", "The form holds no file."),
}


def message(code: str, data: Mapping[str, object] | None = None) -> tuple[str, str]:
    """(Vietnamese, English) for a code."""
    vietnamese, english = MESSAGES[code]
    return vietnamese.format_map(data or {}), english.format_map(data or {})
